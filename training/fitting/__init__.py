"""One run of the training loop."""
