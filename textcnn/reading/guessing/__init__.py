"""The text and the label among the columns of a file, by evidence from its first records."""
