"""Token ids to logits: lookup tables, compiled loops, and no PyTorch."""
