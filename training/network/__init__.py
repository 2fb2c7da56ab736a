"""What training adds to the network: folded steps, a word layer, adversarial steps."""
