"""The network of Kim (2014) in PyTorch."""
