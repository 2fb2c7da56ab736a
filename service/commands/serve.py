"""`textcnn serve`: answer over HTTP."""

# Typer reads the annotations when the command is built, so they are no strings here.
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textcnn.errors import ConfigError, MissingExtraError
from textcnn.pages import terminal

if TYPE_CHECKING:
    from textcnn.service.loaded.registry import Registry
    from textcnn.service.settings import Settings


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 when not said.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 8000 when not said.")] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="A bundled name or a model directory; may be repeated. All bundled ones when not said."
        ),
    ] = None,
    default: Annotated[str | None, typer.Option(help="The model for requests that name none.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer; 1 when not said.")] = None,
    keys_file: Annotated[
        Path | None, typer.Option(help="API keys, as `textcnn keys new` writes them, a line each.")
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Listen beyond this machine without API keys.")
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Versions, jobs and uploads; ~/.local/share/textcnn when not said."),
    ] = None,
    public_metrics: Annotated[
        bool, typer.Option("--public-metrics", help="Let everybody read /metrics.")
    ] = False,
) -> None:
    """Serve models over HTTP: `POST /v1/classify`, `/v1/classify/batch`, and `/docs` for the rest.

    Each option is also a variable of the environment: TEXTCNN_HOST, TEXTCNN_PORT, TEXTCNN_MODELS (a JSON
    list), TEXTCNN_DEFAULT_MODEL; docs/http.md lists them all.
    """
    try:
        from textcnn.service import server
        from textcnn.service.data_directory import DataDirectory
        from textcnn.service.http.keys import Keyring
        from textcnn.service.jobs.worker_process import WorkerProcess
        from textcnn.service.loaded.registry import Registry
        from textcnn.service.settings import Settings
        from textcnn.service.versions.repository import default_data_directory
    except ImportError as error:
        raise MissingExtraError("The service", "serve") from error

    settings = Settings.of(
        host=host,
        port=port,
        models=tuple(model) if model else None,
        default_model=default,
        workers=workers,
        keys_file=keys_file,
        data_dir=data_dir,
        insecure=insecure or None,
        public_metrics=public_metrics or None,
    )
    _check_safe(settings)
    if settings.data_dir is None:
        settings = settings.model_copy(update={"data_dir": default_data_directory()})
    registry = Registry()
    with _listen(settings.host, settings.port) as listener:
        Keyring(settings.keys_file, settings.keys)  # fail at once on bad keys and bad models
        DataDirectory(settings).load(registry)
        _announce(registry, *listener.getsockname()[:2])
        with WorkerProcess(settings) as worker:
            if worker.notice:
                terminal.write_line(worker.notice)
            if settings.workers > 1:
                server.run_workers(settings, listener)
            else:
                server.run(settings, registry, listener)


def _check_safe(settings: "Settings") -> None:
    """Refuse to let everybody in by mistake."""
    if not (settings.is_local or settings.keys or settings.keys_file or settings.insecure):
        raise ConfigError(
            f"Listening on {settings.host} without API keys would let everybody in. Name keys with "
            "--keys-file or TEXTCNN_KEYS (`textcnn keys new` makes them), or say --insecure.",
            field="keys",
        )


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket, made before anything is loaded, so that a busy port is reported at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(
            f"Cannot listen on {host}:{port}: {reason}. Choose another with --host and --port.", field="port"
        ) from error


def _announce(registry: "Registry", host: str, port: int) -> None:
    address = f"[{host}]" if ":" in host else host
    names = ", ".join(model.name for model in registry.models())
    terminal.write_line(
        f"Serving {names} (default: {registry.default}) on http://{address}:{port}, /docs tells how."
    )
