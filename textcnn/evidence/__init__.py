"""Each logit of a text, split exactly over its n-grams."""
