"""The layer that every request passes: limits, keys, bodies, errors, figures."""
