from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.web.hosts import KEPT, AllowedHosts


def client(*allowed: str) -> httpx.AsyncClient:
    async def page(_: object) -> PlainTextResponse:
        return PlainTextResponse("seen")

    app = Starlette(routes=[Route("/", page)], middleware=[Middleware(AllowedHosts, allowed_hosts=allowed)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dmi.example")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("dmi.example", 200),
        ("DMI.example:8000", 200),
        ("a.hospital.example", 200),
        ("dmi.example.evil", 400),
        ("evil", 400),
        ("", 400),
        ("dmi.example, evil", 400),
        ("evil@dmi.example", 400),
    ],
)
async def test_a_name_is_answered_to_each_time_where_it_is_allowed(host: str, status: int) -> None:
    http = client("dmi.example", "*.hospital.example")
    assert [(await http.get("/", headers={"host": host})).status_code for _ in range(3)] == [status] * 3


async def test_what_is_allowed_does_not_allow_what_is_not() -> None:
    http = client("dmi.example")
    await http.get("/")
    assert (await http.get("/", headers={"host": "evil"})).status_code == 400
    two = [("host", "evil"), ("host", "dmi.example")]
    assert (await http.get("/", headers=two)).status_code == 400


async def test_any_number_of_ways_to_write_a_name_is_answered() -> None:
    http = client("dmi.example")
    answers = [await http.get("/", headers={"host": f"dmi.example:{port}"}) for port in range(1, 2 * KEPT)]
    assert {answer.status_code for answer in answers} == {200}
