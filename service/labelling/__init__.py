"""Texts and files to outcomes, without HTTP."""
