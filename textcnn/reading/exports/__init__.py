"""Annotations as the tools that make them export them: one file a tool, each turning a record into rows."""
