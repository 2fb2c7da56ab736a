from __future__ import annotations

import pytest

from textcnn.errors import ConfigError
from textcnn.service.settings import Settings


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTCNN_PORT", "9000")
    monkeypatch.setenv("TEXTCNN_MODELS", '["spam"]')
    assert Settings.of(port=None).port == 9000
    assert Settings.of(port=9001).port == 9001
    assert Settings.of().models == ("spam",)


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "many"), ("PORT", "70000"), ("MAX_BATCH_TEXTS", "0"), ("MODELS", "spam")]
)
def test_a_bad_value_names_key_and_value(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"TEXTCNN_{name}", value)
    with pytest.raises(ConfigError) as caught:
        Settings.of()
    assert f"TEXTCNN_{name}" in caught.value.message
    assert repr(value) in caught.value.message
    assert caught.value.field == name.lower()


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False),
     ("::", False), ("10.0.0.1", False), ("example.org", False)],
)  # fmt: skip
def test_it_is_known_whether_only_this_machine_can_ask(host: str, local: bool) -> None:
    assert Settings(host=host).is_local is local
