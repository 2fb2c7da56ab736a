"""Columnar files: what they hold is measured before it is decoded, and read a batch of rows at a time."""
