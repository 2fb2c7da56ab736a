"""Labelled rows: checked, and parted for training and testing."""
