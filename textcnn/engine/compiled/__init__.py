"""The engine's inner loops, compiled by numba."""
