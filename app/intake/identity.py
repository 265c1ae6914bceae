"""The id of a new resource: random, or made from an Idempotency-Key and what was sent.

A server that is killed after it stored a resource, and before it could note its answer, does the same request again
when it is repeated: it then comes to the same id, and finds the resource there.
"""

from __future__ import annotations

import uuid
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeAlias

from app.fhir.json import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.fhir.resource import Resource

NewId: TypeAlias = "Callable[[Resource], str]"
"""Tells the id under which a new resource is stored."""

_NAMESPACE: Final = uuid.UUID("5f1c0ad2-7d1e-4b8a-9a33-1b5a0f1f6c55")


def random_id(_resource: Resource) -> str:
    """An id that nothing else has."""
    return str(uuid.uuid4())


class RepeatableIds:
    """The ids of one request under a key: the same resource has the same id whenever the request is repeated.

    A resource that comes twice in a request has two ids."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._seen: Counter[str] = Counter()

    def __call__(self, resource: Resource) -> str:
        """The id of a resource as it was sent."""
        sent = sha256(encode(resource)).hexdigest()
        self._seen[sent] += 1
        return str(uuid.uuid5(_NAMESPACE, f"{self._seen[sent]}/{sent}/{self._key}"))
