"""The routes: they parse and format, and decide nothing. A file for each kind of question."""
