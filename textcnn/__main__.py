"""`python -m textcnn` is the command `textcnn`."""

from textcnn.cli import main

main()
