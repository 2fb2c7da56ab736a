"""The verbs of the command line, one file each; `textcnn.cli` puts them together."""
