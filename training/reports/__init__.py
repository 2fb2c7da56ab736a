"""Reports of a training: model card, charts, page."""
