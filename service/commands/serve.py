"""`textcnn serve`: answer over HTTP."""

# Typer reads the annotations when the command is built, so they are no strings here.
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from textcnn.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from service.registry import Registry


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
) -> None:
    """Serve models over HTTP: `POST /v1/classify`, `/v1/classify/batch`, and `/docs` for the rest.

    Each option is also a variable of the environment: TEXTCNN_HOST, TEXTCNN_PORT, TEXTCNN_MODELS (a JSON
    list), TEXTCNN_DEFAULT_MODEL; docs/http.md lists them all.
    """
    try:
        import uvicorn

        from service.app import create_app
        from service.registry import Registry
        from service.settings import Settings
    except ImportError as error:
        raise MissingExtraError("The service", "serve") from error

    settings = Settings.of(
        host=host, port=port, models=tuple(model) if model else None, default_model=default
    )
    registry = Registry()
    with _listen(settings.host, settings.port) as listener:
        registry.load(settings.models, settings.default_model)
        _announce(registry, *listener.getsockname()[:2])
        config = uvicorn.Config(create_app(settings, registry), access_log=False, log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket, made before anything is loaded: a busy port is told at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(
            f"Cannot listen on {host}:{port}: {reason}. Choose another with --host and --port.", field="port"
        ) from error


def _announce(registry: "Registry", host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    names = ", ".join(model.name for model in registry.models())
    typer.echo(f"Serving {names} (default: {registry.default}) on http://{shown}:{port}, /docs tells how.")
