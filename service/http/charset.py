"""The charset that a content type names: a body in it is read by it, and another one is refused."""

from __future__ import annotations

import re
from encodings.aliases import aliases
from typing import TYPE_CHECKING, Final

from textcnn.service.service_errors import MediaTypeError, NotJSONError

if TYPE_CHECKING:
    from starlette.requests import Request

CHARSETS: Final = (
    "utf-8", "us-ascii", "utf-16", "utf-16le", "utf-16be", "iso-8859-1", "iso-8859-2", "iso-8859-15",
    "windows-1250", "windows-1251", "windows-1252", "koi8-r", "gb18030", "gbk", "gb2312", "big5", "shift_jis",
    "euc-jp", "euc-kr",
)  # fmt: skip
"""Those that are read, under the names that are registered for them; Python's other names are known too."""

UTF_8_TYPES: Final = frozenset(
    kind + blank + b"charset=utf-8"
    for kind in (b"application/json;", b"text/plain;")
    for blank in (b"", b" ")
)
"""Content types that most clients send, in small letters: the hot route has no time to take one apart."""

UTF_8: Final = "utf_8"
"""Python's codec of it."""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _codec(name: str) -> str:
    return aliases.get(_plain(name), _plain(name))


_NAMES: Final = {_codec(name): name for name in CHARSETS}
"""The charset of each codec of Python."""
_CODECS: Final = {_plain(each): codec for each, codec in aliases.items() if codec in _NAMES} | {
    each: codec for name in CHARSETS for codec in (_codec(name),) for each in (_plain(name), codec)
}
"""Every name that is known. A table, since Python remembers each name that it was ever asked for."""


def charset_of(content_type: str) -> str | None:
    """Python's codec for the charset of a content type; None where it names none.

    Raises:
        MediaTypeError: it names one that is not read; those that are are listed.
    """
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            codec = _CODECS.get(_plain(value)) if len(value) <= 40 else None
            if codec is None:
                message = "The charset of the Content-Type is none that is read; expected one of"
                raise MediaTypeError(f"{message} {', '.join(CHARSETS)}.", field="content-type")
            return codec
    return None


def to_utf8(body: bytes, content_type: str) -> bytes:
    """A body of JSON in UTF-8, from the charset that its content type names.

    Raises:
        MediaTypeError: the charset is not read.
        NotJSONError: the body is not in it.
    """
    codec = charset_of(content_type)
    if codec is None or codec == UTF_8:
        return body
    try:
        return body.decode(codec).encode()
    except UnicodeDecodeError as error:
        place = f"byte {error.start + 1} (0x{body[error.start]:02X})"
        raise NotJSONError(
            f"The body is not JSON: {place} is not {_NAMES[codec]}, which the Content-Type names."
        ) from None


async def json_body(request: Request) -> bytes:
    """The body of a request that holds JSON, in UTF-8.

    Raises:
        MediaTypeError: its charset is not read.
        NotJSONError: it is not in the charset that its content type names.
    """
    return to_utf8(await request.body(), request.headers.get("content-type", ""))
