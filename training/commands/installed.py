"""Libraries of an extra, looked for before anything else and imported only when all else is right."""

from __future__ import annotations

from importlib.util import find_spec

from textcnn.errors import MissingExtraError


def require_installed(what: str, extra: str, *modules: str) -> None:
    """Make sure that libraries are installed, without importing them: PyTorch alone takes seconds.

    Raises:
        MissingExtraError: one is not.
    """
    if any(find_spec(name) is None for name in modules):
        raise MissingExtraError(what, extra)
