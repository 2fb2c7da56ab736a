"""The search for the recipe that suits a corpus best: what `textcnn tune` does."""
