"""The models in memory."""
