"""What a model learnt, what it has wrong, and what it looks at."""
