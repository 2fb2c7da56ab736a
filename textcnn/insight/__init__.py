"""A look into a model: its filters, its mistakes, its layers, the tokens it looks at."""
