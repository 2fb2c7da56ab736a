"""What every request passes: limits, keys, bodies, errors, figures."""
