"""Every setting of the service: from the environment (`TEXTCNN_PORT=8001`), or from the command line."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from textcnn.errors import ConfigError

Count = Annotated[int, Field(ge=1)]


class Settings(BaseSettings):
    """Settings of one process. Each has the name of its variable in the environment, less the prefix."""

    model_config = SettingsConfigDict(env_prefix="TEXTCNN_", frozen=True)

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8_000
    """Port to listen on; 0 takes a free one."""
    models: Annotated[tuple[str, ...], NoDecode] = ()
    """Models to serve, as a JSON list: bundled names or model directories. Empty: all bundled ones."""
    default_model: str | None = None
    """The model that answers when a request names none. Unset: `sentiment`, or else the first one."""
    max_body_bytes: Count = 10_000_000
    """Larger request bodies are refused with 413 before they are read on."""
    max_batch_texts: Count = 1_024
    """Most texts in one batch request."""
    max_text_characters: Count = 1_000_000
    """Longer texts are refused with 422."""
    light_text_characters: Count = 8_000
    """Texts up to this length are classified in the event loop; longer ones and batches go to a thread."""
    threads: Count = 2
    """Threads for long texts and batches."""
    max_waiting: Count = 64
    """Heavy requests under way or waiting at once; more are answered with 429."""

    @field_validator("models", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        """Read here and not by the library, so that a bad list is told like any other bad value."""
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError('a JSON list is expected, such as ["spam"]') from None

    @classmethod
    def of(cls, **values: Any) -> Settings:  # noqa: ANN401  # pydantic checks them
        """Settings from the environment, with the given values on top; None leaves a setting as it is.

        Raises:
            ConfigError: names the first wrong setting, and what it must be.
        """
        try:
            return cls(**{key: value for key, value in values.items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            key = str(first["loc"][0])
            raise ConfigError(
                f"The setting {key} (TEXTCNN_{key.upper()}) is {first['input']!r}: {first['msg']}.", field=key
            ) from error
