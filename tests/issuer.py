"""A local issuer of access tokens: its keys, made for the tests, what it publishes, and an address that serves it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "https://issuer.example"
AUDIENCE = "https://dmi.example/fhir"

Jwk = dict[str, Any]


def private_key(algorithm: str, number: int = 0) -> Any:
    """A key that fits the algorithm; another one for each number."""
    return _private_key(algorithm, number)


@cache
def _private_key(algorithm: str, _number: int) -> Any:
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    if algorithm in curves:
        return ec.generate_private_key(curves[algorithm])
    return ed25519.Ed25519PrivateKey.generate() if algorithm == "EdDSA" else rsa.generate_private_key(65_537, 2_048)


_KINDS: dict[str, Any] = {"ES": ECAlgorithm, "Ed": OKPAlgorithm, "RS": RSAAlgorithm}


def jwk(algorithm: str = "ES256", number: int = 0, *, private: bool = False, **members: Any) -> Jwk:
    """A key of the issuer as a JSON Web Key with these members beside."""
    key = private_key(algorithm, number)
    return {**_KINDS[algorithm[:2]].to_jwk(key if private else key.public_key(), as_dict=True), **members}


def after(seconds: int) -> Callable[[], int]:
    """A moment so long after a token is made."""
    return lambda: int(time()) + seconds


def claims(**changes: Any) -> dict[str, Any]:
    """Those of a token that is good for an hour; a change of None takes one away, a moment of `after` is told then."""
    now = int(time())
    given = {
        "iss": NAME,
        "aud": AUDIENCE,
        "sub": "marie",
        "client_id": "bloc-3",
        "iat": now,
        "nbf": now,
        "exp": now + 3_600,
        "scope": "system/*.cruds",
    }
    told = {name: value() if callable(value) else value for name, value in {**given, **changes}.items()}
    return {name: value for name, value in told.items() if value is not None}


def token(algorithm: str = "ES256", kid: str | None = "k0", key: Any = None, **changes: Any) -> str:
    """A token signed by the issuer, or by another key."""
    headers = {} if kid is None else {"kid": kid}
    payload = json.dumps(claims(**changes)).encode()
    return jwt.PyJWS().encode(payload, key or private_key(algorithm), algorithm, {"typ": "at+jwt", **headers})


def jwks(*keys: Jwk) -> bytes:
    """A JSON Web Key Set; without keys it is the issuer's one."""
    return json.dumps({"keys": keys or [jwk(kid="k0")]}).encode()


class Published:
    """What is at the issuer's address, and how often it was asked for. `status` and `location` are those of the
    answer."""

    def __init__(self) -> None:
        self.body = jwks()
        self.status = 200
        self.location = ""
        self.asked = 0
        self.address = ""


@contextmanager
def issuing() -> Iterator[Published]:
    """An issuer's address on this machine."""
    published = Published()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            published.asked += 1
            self.send_response(published.status)
            if published.location:
                self.send_header("Location", published.location)
            self.send_header("Content-Length", str(len(published.body)))
            self.end_headers()
            self.wfile.write(published.body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        published.address = f"http://127.0.0.1:{server.server_address[1]}/keys"
        try:
            yield published
        finally:
            server.shutdown()
            thread.join()
