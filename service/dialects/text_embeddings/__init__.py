"""Hugging Face Text Embeddings Inference."""
