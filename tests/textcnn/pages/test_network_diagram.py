"""A drawing shows every layer with its numbers, and nothing stands on top of another."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from textcnn.config import ModelConfig, NetworkConfig
from textcnn.errors import ConfigError
from textcnn.insight.layer_table import summarise
from textcnn.pages.network_diagram import draw_network, lay_out, to_svg

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.insight.layer_table import Summary


@pytest.fixture(params=[False, True], ids=["plain", "batch norm"])
def summary(request: pytest.FixtureRequest) -> Summary:
    network = NetworkConfig(vocabulary_size=50, outputs=2, widths=(1, 3, 20), batch_norm=request.param)
    return summarise(ModelConfig(labels=("a", "b"), network=network))


def test_every_layer_stands_in_its_place_with_its_numbers(summary: Summary) -> None:
    drawing = lay_out(summary, "x")
    assert [box.name for box in drawing.boxes] != []
    assert sorted(box.name for box in drawing.boxes) == sorted(layer.name for layer in summary.layers)
    text = to_svg(drawing)
    for layer in summary.layers:
        assert layer.output_shape in text
        for number in (layer.parameters, layer.flops_per_token, layer.engine_flops_per_token):
            assert not number or f"{number:,}" in text
        assert layer.receptive_field is None or f"sees {layer.receptive_field} token" in text
    for one, other in itertools.combinations(drawing.boxes, 2):
        beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y
    for box in drawing.boxes:
        assert 0 <= box.x <= box.x + box.width <= drawing.width
        assert box.y + box.height <= drawing.height
    fed = {below.name for _, below in drawing.arrows}
    assert fed == {box.name for box in drawing.boxes[1:]}


def test_svg_is_well_formed_whatever_the_model_is_called(summary: Summary, tmp_path: Path) -> None:
    draw_network(tmp_path / "a.svg", summary, "<b>&'\"")
    root = ET.fromstring((tmp_path / "a.svg").read_text(encoding="utf-8"))
    assert root.tag.endswith("svg")


def test_png_is_one(summary: Summary, tmp_path: Path) -> None:
    draw_network(tmp_path / "a.png", summary, "x")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_other_formats_are_refused(summary: Summary, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.svg"):
        draw_network(tmp_path / "a.pdf", summary, "x")
