"""The verbs that the service adds to the command line, one file each; entry points name them."""
