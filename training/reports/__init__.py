"""What a training leaves to be read: model card, charts, report."""
