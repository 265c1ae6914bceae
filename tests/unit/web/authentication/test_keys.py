"""The issuer's keys: which of them count, when they are read again, and how often."""

from __future__ import annotations

import asyncio
import threading

import pytest

from app.errors import IssuerUnavailable, MalformedJson
from app.web.authentication.keys import FRESH, MOST_WAITING, PAUSE, STALE, Keys, key_set
from tests.issuer import jwk, jwks


class Source:
    """What the issuer publishes, a clock that stands still, and how often the keys were read."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.now = 0.0
        self.reads = 0
        self.open = threading.Event()
        self.open.set()

    def read(self) -> bytes:
        self.reads += 1
        self.open.wait(10)
        if not self.body:
            raise OSError
        return self.body

    def keys(self) -> Keys:
        return Keys(self.read, lambda: self.now)


async def test_keys_are_read_once_for_many_requests() -> None:
    source = Source(jwks())
    keys = source.keys()
    found = await asyncio.gather(*(keys.find("k0", "ES256") for _ in range(50)))
    assert source.reads == 1
    assert {len(each) for each in found} == {1}


async def test_a_key_that_the_issuer_adds_is_found_and_one_that_it_takes_away_is_not() -> None:
    source = Source(jwks())
    keys = source.keys()
    await keys.find("k0", "ES256")
    source.body, source.now = jwks(jwk(number=1, kid="k1")), PAUSE
    assert await keys.find("k1", "ES256")
    assert not await keys.find("k0", "ES256")


async def test_unknown_keys_have_the_issuer_asked_once_in_a_while() -> None:
    source = Source(jwks())
    keys = source.keys()
    for second in range(30):
        source.now = float(second)
        for number in range(20):
            assert not await keys.find(f"invented-{number}", "ES256")
    assert source.reads == 3


async def test_keys_are_read_again_when_they_are_old() -> None:
    source = Source(jwks())
    keys = source.keys()
    await keys.find("k0", "ES256")
    source.now = FRESH + 1
    await keys.find("k0", "ES256")
    assert source.reads == 2


async def test_an_issuer_that_is_away_is_no_trouble_for_an_hour() -> None:
    source = Source(jwks())
    keys = source.keys()
    await keys.find("k0", "ES256")
    source.body = b""
    source.now = STALE
    assert await keys.find("k0", "ES256")
    source.now = STALE + 1
    with pytest.raises(IssuerUnavailable):
        await keys.find("k0", "ES256")


async def test_an_issuer_that_was_never_there_is_told_and_asked_again_later() -> None:
    source = Source(b"")
    keys = source.keys()
    for _ in range(5):
        with pytest.raises(IssuerUnavailable):
            await keys.find("k0", "ES256")
    assert source.reads == 1
    source.body, source.now = jwks(), PAUSE
    assert await keys.find("k0", "ES256")


async def test_who_has_a_known_key_does_not_wait_for_a_slow_issuer() -> None:
    source = Source(jwks())
    keys = source.keys()
    await keys.find("k0", "ES256")
    source.open.clear()
    source.now = FRESH + 1
    first = asyncio.create_task(keys.find("k0", "ES256"))
    await asyncio.sleep(0)
    assert await keys.find("k0", "ES256")
    assert not first.done()
    source.open.set()
    assert await first


async def test_no_more_than_some_wait_for_a_slow_issuer() -> None:
    source = Source(jwks())
    source.open.clear()
    keys = source.keys()
    waiting = [asyncio.create_task(keys.find("k0", "ES256")) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(IssuerUnavailable):
        await keys.find("k0", "ES256")
    source.open.set()
    assert all(await asyncio.gather(*waiting))


async def test_keys_that_are_none_keep_the_good_ones() -> None:
    source = Source(jwks())
    keys = source.keys()
    await keys.find("k0", "ES256")
    source.body, source.now = b"<html>", PAUSE
    assert not await keys.find("k1", "ES256")
    assert await keys.find("k0", "ES256")


@pytest.mark.parametrize(
    ("algorithm", "fits"),
    [
        ("ES256", {"ES256"}),
        ("ES384", {"ES384"}),
        ("ES512", {"ES512"}),
        ("EdDSA", {"EdDSA"}),
        ("RS256", {"RS256", "RS384", "RS512"}),
    ],
)
def test_a_key_checks_the_algorithms_that_its_kind_fits(algorithm: str, fits: set[str]) -> None:
    assert {key.algorithm for key in key_set(jwks(jwk(algorithm)))} == fits


def test_a_key_that_names_its_algorithm_checks_no_other() -> None:
    assert [key.algorithm for key in key_set(jwks(jwk("RS256", alg="RS384")))] == ["RS384"]


@pytest.mark.parametrize(
    "unfit",
    [
        {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlYw"},
        {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlYw", "alg": "HS256"},
        jwk(alg="HS256"),
        jwk("RS256", alg="HS256"),
        jwk("RS256", alg="PS256"),
        jwk(use="enc"),
        jwk(key_ops=["encrypt"]),
        jwk(private=True),
        jwk("RS256", private=True),
        {**jwk(), "x": "AAAA"},
        {**jwk(), "crv": "secp256k1"},
        {"kty": "RSA", "n": "u1W2", "e": "AQAB"},
        {"kty": "RSA"},
        {"kty": ["RSA"], "crv": {}},
        {**jwk(), "crv": {}},
        jwk(key_ops=7),
        jwk(key_ops={"verify": True}),
        jwk(alg={}),
        {**jwk("RS256"), "e": "A" * 400},
        {},
    ],
)
def test_a_key_that_must_not_check_tokens_is_passed_over(unfit: dict[str, object]) -> None:
    with pytest.raises(MalformedJson):
        key_set(jwks(unfit))
    assert len(key_set(jwks(unfit, jwk()))) == 1


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b'{"keys": {}}', b'{"keys": []}', b'{"keys": [1, "x", null]}'])
def test_what_is_no_key_set_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedJson):
        key_set(text)


async def test_without_an_id_the_only_key_of_the_algorithm_is_meant() -> None:
    one = Source(jwks(jwk(kid="a"), jwk("EdDSA", kid="b"))).keys()
    assert await one.find(None, "ES256")
    two = Source(jwks(jwk(kid="a"), jwk(number=1, kid="b"))).keys()
    assert not await two.find(None, "ES256")
