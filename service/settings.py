"""Every setting of the service: from the environment (`TEXTCNN_PORT=8001`), or from the command line."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from textcnn.errors import ConfigError

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
Strings = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Settings of one process. Each has the name of its variable in the environment, less the prefix."""

    model_config = SettingsConfigDict(env_prefix="TEXTCNN_", frozen=True)

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8_000
    """Port to listen on; 0 takes a free one."""
    workers: Count = 1
    """Processes that answer; they share the tables' memory."""
    models: Strings = ()
    """Models to serve, as a JSON list: bundled names or model directories. Empty: all bundled ones."""
    default_model: str | None = None
    """The model that answers when a request names none. Unset: `sentiment`, or else the first one."""

    data_dir: Path | None = None
    """Where versions, jobs and uploads lie; a shared volume for several hosts. Unset: `textcnn serve` takes
    `~/.local/share/textcnn`."""
    database_url: str | None = None
    """`postgresql://user@host/name` for several hosts. Unset: a SQLite file in the data directory."""
    worker: bool = True
    """`textcnn serve` starts a worker beside itself; it trains where PyTorch is installed."""
    worker_memory_mb: Count | None = None
    """Megabytes that a job may have in memory. Unset: no limit."""
    worker_seconds: Count = 21_600
    """A job that takes longer is ended."""
    max_upload_bytes: Count = 200_000_000
    """Larger corpora and model archives are refused with 413."""
    trial_seconds: Seconds = 60.0
    """A version that is uploaded is loaded and tried in a child process first, for so long at most."""
    trial_memory_mb: Count = 4_000
    """Megabytes that this process may have in memory."""
    keep_days: Count | None = None
    """Days that trained rows, uploads, feedback and answers are kept. Unset: for good."""
    keep_answers: bool = False
    """Store each text that `/v1/classify` labels, so that feedback may name it by its request's id."""

    keys: Strings = ()
    """API keys, as a JSON list of lines that `textcnn keys new` writes."""
    keys_file: Path | None = None
    """A file of such lines, read again when it changes."""
    insecure: bool = False
    """Listen beyond loopback without any API key."""
    public_metrics: bool = False
    """Let everybody read `/metrics`; otherwise it needs a key with `classify`."""
    cors_origins: Strings = ()
    """Origins whose pages may call, as a JSON list; `*` means all. Empty: none."""
    allowed_hosts: Strings = ()
    """Names that requests may ask this service by, as a JSON list, beside addresses, loopback names and
    `host`; `*` means all. Empty: only these without keys, and all with keys."""

    max_body_bytes: Count = 10_000_000
    """Larger request bodies, files too, are refused with 413 before they are read on."""
    max_unpacked_bytes: Count = 100_000_000
    """A compressed file that unpacks to more is refused with 413."""
    file_memory_mb: Count = 1_024
    """Megabytes that labelling a file may take in its process; what needs more is refused with 422."""
    max_held_bytes: Count = 256_000_000
    """Bytes of heads and bodies under way, of all requests together; more are answered with 429."""
    max_batch_texts: Count = 1_024
    """Most texts in one batch request."""
    max_text_characters: Count = 1_000_000
    """Longer texts are cut off there, and their answer says `truncated`."""
    truncate_texts: bool = True
    """Off: longer texts are refused with 422 instead."""
    light_text_characters: Count = 8_000
    """Texts up to this length are classified in the event loop; longer ones and most batches in a thread."""
    threads: Count = 2
    """Threads for long texts, batches and files."""
    max_waiting: Count = 64
    """Heavy requests under way or waiting at once; more are answered with 429."""
    request_seconds: Seconds = 30.0
    """From the head of a request to the end of its answer: else 408 where it did not arrive, or 504."""
    file_seconds: Seconds = 120.0
    """The same, for a file."""

    drain_seconds: Annotated[float, Field(ge=0)] = 0.5
    """After SIGTERM, connections are still taken for so long, while `/readyz` answers 503."""
    grace_seconds: Count = 30
    """After that, requests under way have so long to be answered."""
    access_log: bool = True
    """A line of JSON on standard error for each request."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """The least level of the other lines that are logged."""

    @field_validator("models", "keys", "cors_origins", "allowed_hosts", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        """Read here and not by the library, so that a bad list is reported like any other bad value."""
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError('a JSON list is expected, such as ["spam"]') from None

    @property
    def is_local(self) -> bool:
        """Whether only this machine can ask."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

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
