"""Print the OpenAPI document: `python -m textcnn.service.openapi_document > docs/openapi.json`.

A test compares the committed file with what is served.
"""

from __future__ import annotations

import json
import sys

from textcnn.service.app import create_app
from textcnn.service.loaded.registry import Registry
from textcnn.service.settings import Settings


def main() -> None:
    """Print the document."""
    document = create_app(Settings(), Registry()).openapi()
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
