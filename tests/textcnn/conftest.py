"""Networks of any shape, for property tests."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import strategies as st

from textcnn.config import Activation, NetworkConfig, Pooling
from textcnn.tokens.token_batch import TokenBatch

if TYPE_CHECKING:
    from pathlib import Path

VOCABULARY = 40


@pytest.fixture(scope="session")
def any_network() -> st.SearchStrategy[NetworkConfig]:
    """Small networks with every option."""
    return st.builds(
        NetworkConfig,
        vocabulary_size=st.just(VOCABULARY),
        outputs=st.integers(1, 4),
        embedding_dim=st.integers(1, 9),
        channels=st.sampled_from(["rand", "static", "non-static", "multichannel"]),
        widths=st.lists(st.integers(1, 7), min_size=1, max_size=3, unique=True).map(tuple),
        filters=st.integers(1, 6),
        activation=st.sampled_from(get_args(Activation)),
        batch_norm=st.booleans(),
        pooling=st.sampled_from(get_args(Pooling)),
        members=st.integers(1, 3),
    )


@pytest.fixture(scope="session")
def any_texts() -> st.SearchStrategy[TokenBatch]:
    """Several texts as ids, empty ones among them."""
    text = st.lists(st.integers(0, VOCABULARY - 1), max_size=30)
    return st.lists(text, min_size=1, max_size=6).map(TokenBatch.of)


@pytest.fixture
def copy(model_dir: Path, tmp_path: Path) -> Path:
    """A model that a test may damage."""
    return shutil.copytree(model_dir, tmp_path / "copy")
