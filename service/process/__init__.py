"""Processes: their memory and their children."""
