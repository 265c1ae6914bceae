"""Which tokens are accepted, and who sends them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from time import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.access.grant import grant_of
from app.errors import NotAuthenticated
from app.settings import TokenSettings
from app.web.authentication.keys import Keys
from app.web.authentication.tokens import REMEMBERED, Tokens
from tests.issuer import AUDIENCE, NAME, after, claims, jwk, jwks, private_key, token

SETTINGS = TokenSettings(issuer=NAME, audience=(AUDIENCE, "dmi"), keys="", organization="", skew=60)
ALL = jwks(*(jwk(each, kid=each) for each in ("ES256", "ES384", "ES512", "EdDSA", "RS256")))


class Clock:
    """The time, some seconds on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time() + self.ahead


def tokens(body: bytes = jwks(), clock: Clock | None = None) -> Tokens:
    return Tokens(SETTINGS, Keys(lambda: body), clock=clock or Clock())


async def refused(sent: str, body: bytes = jwks()) -> str:
    with pytest.raises(NotAuthenticated) as refusal:
        await tokens(body).principal(sent)
    return refusal.value.reason


def written(header: dict[str, Any], payload: dict[str, Any], signature: bytes = b"") -> str:
    """A token whose parts are put together by hand."""
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512", "EdDSA", "RS256"])
async def test_a_token_of_the_issuer_is_accepted(algorithm: str) -> None:
    principal = await tokens(ALL).principal(token(algorithm, kid=algorithm))
    assert (principal.name, principal.identity) == ("marie (bloc-3)", f"{NAME}\nbloc-3\nmarie")
    assert principal.grant == grant_of(["system/*.cruds"])


@pytest.mark.parametrize("algorithm", ["RS384", "RS512"])
async def test_an_rsa_key_checks_every_length_of_hash(algorithm: str) -> None:
    assert (await tokens(ALL).principal(token(algorithm, kid="RS256", key=private_key("RS256")))).name


async def test_a_token_without_the_id_of_its_key_is_accepted_where_there_is_one_key() -> None:
    assert (await tokens().principal(token(kid=None))).name


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": after(-61)}, "expired"),
        ({"nbf": after(90)}, "not valid yet"),
        ({"iat": after(90)}, "not valid yet"),
        ({"iss": "https://other.example"}, "another issuer"),
        ({"iss": NAME + "/"}, "another issuer"),
        ({"iss": [NAME]}, "another issuer"),
        ({"aud": "https://other.example"}, "not made for this server"),
        ({"aud": [AUDIENCE, 1]}, "not made for this server"),
        ({"aud": AUDIENCE + "/"}, "not made for this server"),
        ({"exp": None}, "lacks"),
        ({"nbf": None}, "lacks"),
        ({"iss": None}, "lacks"),
        ({"aud": None}, "lacks"),
        ({"sub": None}, "lacks"),
        ({"exp": "soon"}, "not valid"),
        ({"exp": [1]}, "not valid"),
        ({"nbf": float("inf")}, "not valid"),
        ({"sub": 7}, "not valid"),
        ({"sub": "Zoé"}, "printable ASCII"),
        ({"sub": "a\nb"}, "printable ASCII"),
        ({"sub": ""}, "printable ASCII"),
        ({"sub": "x" * 256}, "printable ASCII"),
        ({"client_id": ["bloc-3"]}, "printable ASCII"),
    ],
)
async def test_claims_that_do_not_hold_are_refused(changes: dict[str, Any], reason: str) -> None:
    assert reason in await refused(token(**changes))


@pytest.mark.parametrize("changes", [{"exp": after(-30)}, {"nbf": after(30)}, {"aud": ["x", "dmi"]}])
async def test_clocks_may_differ_and_a_token_may_be_for_several(changes: dict[str, Any]) -> None:
    assert (await tokens().principal(token(**changes))).name


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "", "HS256", "HS512", "PS256", "ES256K", None, ["ES256"]]
)
async def test_no_other_algorithm_is_accepted(algorithm: Any) -> None:
    sent = written({"alg": algorithm, "typ": "JWT", "kid": "k0"}, claims(), b"x")
    assert "algorithm" in await refused(sent)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo])
async def test_the_public_key_is_no_secret_to_sign_with(algorithm: str, form: PublicFormat) -> None:
    public = private_key(algorithm).public_key().public_bytes(Encoding.PEM, form)
    unsigned = written({"alg": "HS256", "typ": "JWT", "kid": algorithm}, claims()).removesuffix(".")
    signature = hmac.new(public, unsigned.encode(), hashlib.sha256).digest()
    sent = f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert "algorithm" in await refused(sent, ALL)


async def test_the_key_of_another_one_does_not_sign() -> None:
    assert "signature" in await refused(token(key=private_key("ES256", 1)))


async def test_a_key_in_the_header_of_a_token_is_not_looked_at() -> None:
    header = {"alg": "ES256", "jwk": jwk(number=1), "jku": "https://evil.example/keys", "x5u": "https://evil.example"}
    stranger = token(kid=None, key=private_key("ES256", 1))
    sent = ".".join((written(header, {}).partition(".")[0], *stranger.split(".")[1:]))
    assert "signature" in await refused(sent)


async def test_a_token_signed_by_a_key_of_another_kind_is_refused() -> None:
    assert "key is not known" in await refused(token("EdDSA", kid="ES256"), ALL)


async def test_of_several_keys_with_one_id_each_is_tried() -> None:
    body = jwks(jwk(kid="k0", number=1), jwk(kid="k0"))
    assert (await tokens(body).principal(token())).name


async def test_what_the_issuer_did_not_sign_is_refused() -> None:
    head, _, signature = token().split(".")
    payload = base64.urlsafe_b64encode(json.dumps(claims(sub="root")).encode()).rstrip(b"=").decode()
    assert "signature" in await refused(f"{head}.{payload}.{signature}")
    assert "signature" in await refused(f"{head}.{payload}.")


@pytest.mark.parametrize(
    "sent",
    ["", "x", "a.b", "a.b.c.d.e", "..", "é.é.é", "[" * 7_000, written({"alg": "ES256", "kid": 7}, {}), "=.=.="],
)
async def test_what_is_no_token_is_refused(sent: str) -> None:
    assert await refused(sent)


async def test_a_header_of_endless_brackets_is_refused() -> None:
    head = base64.urlsafe_b64encode(b"[" * 5_000).decode()
    assert "no JWT" in await refused(f"{head}.e30.e30")


async def test_a_token_that_is_too_long_is_refused_unseen() -> None:
    assert await refused(token(scope="x" * 9_000)) == "too long"


async def test_extensions_that_must_be_understood_are_refused() -> None:
    for extension in ("exp", "b64"):
        head = {"alg": "ES256", "kid": "k0", "crit": [extension], extension: True}
        assert await refused(written(head, claims())) in ("it is no JWT", "its algorithm is not accepted")


async def test_a_token_is_not_checked_again_for_a_minute_and_never_after_its_end() -> None:
    clock = Clock()
    checking = tokens(clock=clock)
    sent = token(exp=after(-30))
    first = await checking.principal(sent)
    assert await checking.principal(sent) is first
    clock.ahead = 35
    assert await checking.principal(sent) is not first


async def test_a_token_is_checked_again_after_a_minute() -> None:
    clock, bodies = Clock(), [jwks()]
    checking = Tokens(SETTINGS, Keys(lambda: bodies[0], clock), clock=clock)
    sent = token()
    await checking.principal(sent)
    bodies[0] = jwks(jwk(kid="k1", number=1))
    clock.ahead = 700 + REMEMBERED
    with pytest.raises(NotAuthenticated):
        await checking.principal(sent)


@pytest.mark.parametrize(
    ("changes", "scopes"),
    [
        ({"scope": "openid  system/Patient.rs openid"}, ("openid", "system/Patient.rs")),
        ({"scope": ["system/Patient.rs", 7]}, ("system/Patient.rs",)),
        ({"scope": None, "scp": "user/*.rs"}, ("user/*.rs",)),
        ({"scope": None, "scp": ["user/*.rs"]}, ("user/*.rs",)),
        ({"scope": {"a": 1}}, ()),
        ({"scope": None}, ()),
    ],
)
async def test_scopes_are_one_text_or_a_list(changes: dict[str, Any], scopes: tuple[str, ...]) -> None:
    assert (await tokens().principal(token(**changes))).grant == grant_of(scopes)


async def test_subject_and_client_are_told_apart_however_they_are_written() -> None:
    one = await tokens().principal(token(sub="marie (bloc-3)", client_id=None))
    other = await tokens().principal(token())
    assert one.name == other.name
    assert one.identity != other.identity
