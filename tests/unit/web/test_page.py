from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.web.failures import unexpected
from app.web.page import Page, page_routes
from app.web.published import Operation
from app.web.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIRST = Operation("01-first.graphql", "first", "The latest.", "query First { ProcedureList { id } }", '{"count": 1.50}')


@pytest.fixture
def static(tmp_path: Path) -> Path:
    assets = tmp_path / "static" / "assets"
    assets.mkdir(parents=True)
    (assets.parent / "index.html").write_text("<title>built</title>")
    (assets / "index-abc.js").write_text("export {};")
    (assets / "icon-abc.svg").write_text("<svg/>")
    (assets / "notes.txt").write_text("not of the build")
    return assets.parent


def client(static: Path, operations: Sequence[Operation] = ()) -> httpx.AsyncClient:
    app = Starlette(routes=page_routes(Page(static, operations)), middleware=[Middleware(Recording, unexpected)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server")


async def test_the_built_page_is_served_and_asked_for_anew_each_time(static: Path) -> None:
    response = await client(static).get("/")
    assert response.text == "<title>built</title>"
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["vary"] == "Accept"


async def test_a_page_that_is_not_built_tells_how_to_build_it_in_both_languages(tmp_path: Path) -> None:
    response = await client(tmp_path / "absent").get("/")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.text.count("make page") == 2
    assert '<p lang="fr">' in response.text


async def test_a_page_built_while_the_server_runs_is_served(tmp_path: Path) -> None:
    browser = client(tmp_path)
    assert "make page" in (await browser.get("/")).text
    (tmp_path / "index.html").write_text("<title>built</title>")
    assert (await browser.get("/")).text == "<title>built</title>"


@pytest.mark.parametrize("address", ["/", "/page.json", "/assets/index-abc.js"])
async def test_everything_carries_the_security_headers(static: Path, address: str) -> None:
    headers = (await client(static).get(address)).headers
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_the_policy_names_no_other_host(static: Path) -> None:
    policy = (await client(static).get("/")).headers["content-security-policy"]
    sources = {source for directive in policy.split("; ") for source in directive.split(" ")[1:]}
    assert sources == {"'none'", "'self'", "'unsafe-inline'", "data:"}


@pytest.mark.parametrize(
    ("name", "media_type"), [("index-abc.js", "text/javascript"), ("icon-abc.svg", "image/svg+xml")]
)
async def test_an_asset_has_its_type_and_never_changes(static: Path, name: str, media_type: str) -> None:
    headers = (await client(static).get(f"/assets/{name}")).headers
    assert headers["content-type"].split(";")[0] == media_type
    assert headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip", "gzip"), ("identity", None)])
async def test_an_asset_is_compressed_for_those_who_accept_it(
    static: Path, accepted: str, encoding: str | None
) -> None:
    script = "export const lot = 1;\n" * 10_000
    (static / "assets" / "index-abc.js").write_text(script)
    response = await client(static).get("/assets/index-abc.js", headers={"Accept-Encoding": accepted})
    assert response.headers.get("content-encoding") == encoding
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.text == script


@pytest.mark.parametrize(
    "name",
    ["absent.js", "notes.txt", "..%2findex.html", "..%5cindex.js", "%2e%2e", "index-abc.js%00.js", "x" * 300 + ".js"],
)
async def test_anything_but_an_asset_is_not_found(static: Path, name: str) -> None:
    assert (await client(static).get(f"/assets/{name}")).status_code == 404


async def test_a_page_is_read_only(static: Path) -> None:
    assert (await client(static).post("/")).status_code == 405


async def test_the_settings_name_endpoint_and_operations(static: Path) -> None:
    response = await client(static, [FIRST]).get("/page.json")
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {
        "endpoint": "graphql",
        "introspection": True,
        "operations": [
            {
                "name": "first",
                "description": "The latest.",
                "query": "query First { ProcedureList { id } }",
                "variables": '{"count": 1.50}',
            }
        ],
    }
