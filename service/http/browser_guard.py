"""A guard against pages of others: a browser sends what they ask for, with the rights of who looks at them.

Without keys, whoever reaches the port is let in, and a browser reaches it for every page that it shows. A
page of another origin is known by `Sec-Fetch-Site` and `Origin`, which no page can forge. One whose name was
bound to this address afterwards (DNS rebinding) counts as ours, and is known by its `Host`.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from textcnn.service.service_errors import HostError, ScopeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textcnn.service.http.access import Area
    from textcnn.service.settings import Settings

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing here."""
_ANY: Final = "*"
_LONGEST_HOST: Final = 300
"""Names have 253 characters at most; longer ones are not worth remembering."""
_REMEMBERED_HOSTS: Final = 256
_HOST = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[^:@/\[\]]+?))\.?(?::\d{0,5})?")


class BrowserGuard:
    """Refuse what a page of somebody else asks for.

    `keyless` tells that no key is asked for. Then a host must be one that this service is known to have; with
    keys, which no such page has, only where `allowed_hosts` says so.
    """

    def __init__(self, settings: Settings, *, keyless: bool) -> None:
        self._keyless = keyless
        self._origins = frozenset(origin.lower().encode() for origin in settings.cors_origins)
        self._names = frozenset(name.lower() for name in (settings.host, *settings.allowed_hosts))
        checks = keyless or bool(settings.allowed_hosts)
        self._checks_hosts = checks and _ANY not in settings.allowed_hosts
        self._is_ours = lru_cache(_REMEMBERED_HOSTS)(self._find_out)

    def check(self, area: Area, method: str, headers: Mapping[bytes, bytes]) -> None:
        """Let a request through, unless a page of somebody else may be behind it.

        Raises:
            HostError: it names a host that is not ours.
            ScopeError: it may change something, and a page of another origin sends it.
        """
        if self._checks_hosts and not area.any_host:
            host = headers.get(b"host", b"")
            if len(host) > _LONGEST_HOST or not self._is_ours(host):
                raise HostError(
                    "The Host of the request is no name of this service. Ask by its address, or list the "
                    "name in TEXTCNN_ALLOWED_HOSTS."
                )
        if method in READING or not (b"origin" in headers or b"sec-fetch-site" in headers):
            return
        if _is_foreign(headers) and not self._is_named(area, headers):
            raise ScopeError(
                "Pages of other origins may change nothing here. TEXTCNN_CORS_ORIGINS, together with API "
                "keys, lets some in."
            )

    def _is_named(self, area: Area, headers: Mapping[bytes, bytes]) -> bool:
        """Whether the settings let the page's origin in: with a key everywhere, else only to label."""
        if self._keyless and not area.only_labels:
            return False
        return headers.get(b"origin", b"null").lower() in self._origins or b"*" in self._origins

    def _find_out(self, host: bytes) -> bool:
        """Whether a host is an address, which is never rebound, or a name that only we have."""
        found = _HOST.fullmatch(host.decode("latin-1").lower())
        if found is None:
            return False
        name = found["address"] or found["name"]
        return name in self._names or _is_loopback_name(name) or _is_address(name)


def _is_foreign(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a page of another origin asks, as far as its browser tells; programs tell nothing."""
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    return origin is not None and origin.partition(b"://")[2].lower() != headers.get(b"host", b"").lower()


def _is_loopback_name(name: str) -> bool:
    """Whether a name always means this machine (RFC 6761)."""
    return name == "localhost" or name.endswith(".localhost")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
