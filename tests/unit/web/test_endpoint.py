from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.web.endpoint import Endpoint

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


def noting(name: str, asked: list[str]) -> ASGIApp:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        asked.append(name)

    return app


async def nothing() -> Message:
    return {}


async def nowhere(_message: Message) -> None:
    pass


@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        ({"type": "http", "path": "/here"}, ["endpoint"]),
        ({"type": "http", "path": "/here/"}, ["others"]),
        ({"type": "http", "path": "/elsewhere"}, ["others"]),
        ({"type": "websocket", "path": "/here"}, ["others"]),
        ({"type": "lifespan"}, ["others"]),
    ],
)
async def test_requests_of_the_path_go_to_the_endpoint_and_all_else_on(scope: Scope, asked: list[str]) -> None:
    found: list[str] = []
    app = Endpoint(noting("others", found), "/here", noting("endpoint", found))
    await app(scope, nothing, nowhere)
    assert found == asked
