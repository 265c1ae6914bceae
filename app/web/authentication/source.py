"""What the issuer publishes, read from its address or from a file: within a size and a time, never by a redirect."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

from app.settings import is_loopback

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import OpenerDirector

LARGEST: Final = 262_144  # bytes
SECONDS: Final = 5.0
_PIECE: Final = 16_384


class Unreadable(Exception):
    """It is too large, too slow, or elsewhere."""


def is_address(source: str) -> bool:
    """Whether it is an address, not the path of a file."""
    return source.lower().startswith(("https://", "http://"))


def read_source(source: str) -> bytes:
    """What is at an address (http or https) or in the file of that path. It waits: call it in a thread.

    Raises OSError where it cannot be read, and Unreadable."""
    if is_address(source):
        return _read_address(source)
    with Path(source).open("rb") as file:
        return _within(file.read(LARGEST + 1))


def _read_address(address: str) -> bytes:
    end = monotonic() + SECONDS
    response: HTTPResponse
    with _opener(address).open(address, timeout=SECONDS) as response:
        found = b""
        while piece := response.read1(_PIECE):
            found = _within(found + piece)
            if monotonic() > end:  # the time-out counts from byte to byte
                raise Unreadable(f"it takes longer than {SECONDS:.0f} seconds")
        return found


def _within(found: bytes) -> bytes:
    if len(found) > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST} bytes")
    return found


class _NoRedirects(HTTPRedirectHandler):
    """The address is the one that the operator trusts; where it leads on to is not."""

    def redirect_request(self, *_request: object) -> None:
        """None: the answer counts as an error."""


def _opener(address: str) -> OpenerDirector:
    """Proxies are those of the environment, and none for this machine."""
    proxies = [ProxyHandler({})] if is_loopback(urlsplit(address).hostname or "") else []
    return build_opener(_NoRedirects, *proxies)
