"""A database to measure on: of the MongoDB that MONGODB_URI names, else of its stand-in from PyPI."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from uuid import uuid4

from pymongo import MongoClient

from tests.store.secantusd import BINARY, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


MONGODB: Final = "MongoDB"


@contextmanager
def database(directory: Path) -> Iterator[tuple[str, str] | None]:
    """What the server is, and the URI of a new database in it, which is gone in the end; None where there is none."""
    given, name = os.environ.get("MONGODB_URI"), f"dmi_bench_{uuid4().hex[:12]}"
    if given:
        client: MongoClient[dict[str, object]] = MongoClient(given)
        try:
            yield MONGODB, urlsplit(given)._replace(path=f"/{name}").geturl()
        finally:
            client.drop_database(name)
            client.close()
    elif BINARY.exists():
        port = free_port()
        with running(directory / "secantusd", port):
            yield "secantusd (for MongoDB)", f"mongodb://127.0.0.1:{port}/{name}"
    else:
        yield None
