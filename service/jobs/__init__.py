"""Work that takes longer than a request: a queue, workers that claim from it, children that do it."""
