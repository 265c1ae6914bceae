"""What the issuer publishes is read within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from urllib.error import HTTPError

import pytest

from app.web.authentication.source import LARGEST, Unreadable, read_source
from tests.issuer import issuing, jwks

if TYPE_CHECKING:
    from pathlib import Path


def test_an_address_and_a_file_are_read(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(jwks())
    assert read_source(str(tmp_path / "keys.json")) == jwks()
    with issuing() as issuer:
        assert read_source(issuer.address) == jwks()


def test_what_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(Unreadable, match="larger"):
        read_source(str(tmp_path / "keys.json"))
    with issuing() as issuer:
        issuer.body = b" " * (LARGEST + 1)
        with pytest.raises(Unreadable, match="larger"):
            read_source(issuer.address)


def test_what_comes_too_slowly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.authentication.source.SECONDS", 0.0001)
    monkeypatch.setattr("app.web.authentication.source._opener", lambda _: _Slow())
    with pytest.raises(Unreadable, match="longer"):
        read_source("https://issuer.example/keys")


class _Slow:
    """Sends a byte at a time, for ever."""

    def open(self, _address: str, timeout: float) -> _Slow:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def read1(self, _size: int) -> bytes:
        return b" "


def test_a_redirect_is_not_followed() -> None:
    with issuing() as issuer, issuing() as elsewhere:
        issuer.status, issuer.location = 302, elsewhere.address
        with pytest.raises(HTTPError):
            read_source(issuer.address)
        assert elsewhere.asked == 0


def test_an_issuer_that_is_away_is_an_error() -> None:
    with issuing() as issuer:
        address = issuer.address
    with pytest.raises(OSError, match="refused"):
        read_source(address)
