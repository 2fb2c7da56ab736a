"""Additions to the network for training: folded steps, a word layer, adversarial steps."""
