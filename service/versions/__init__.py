"""The versions of the models: kept on disk, one of them live, followed by every process."""
