from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.web.origins import Origins
from tests.builders import patient

if TYPE_CHECKING:
    from tests.conftest import Start

QUERY = "/graphql?query={__typename}"
PORTAL = "https://portal.example"
LISTED = {"DMI_ORIGINS": f"{PORTAL}, http://localhost:5173"}
SUBRESOURCE = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
LINK = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FRAME = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://localhost:9"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site", **SUBRESOURCE},
        {"Sec-Fetch-Site": "same-site", **SUBRESOURCE},
        {"Sec-Fetch-Site": "cross-site", **FRAME},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    "address", [QUERY, "/fhir/$graphql?query={__typename}", "/fhir/Patient", "/fhir/Patient/p1", "/recall.csv?lot=x"]
)
async def test_a_page_of_another_site_is_refused(start: Start, address: str, headers: dict[str, str]) -> None:
    response = await (await start(patient())).http.get(address, headers=headers)
    assert response.status_code == 403
    assert "DMI_ORIGINS" in response.text
    assert "access-control-allow-origin" not in response.headers


async def test_a_form_of_another_site_finds_nobody(start: Start) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", **LINK}
    form = {"family": "Delahaye"}
    response = await (await start(patient())).http.post("/fhir/Patient/_search", data=form, headers=headers)
    assert response.status_code == 403


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_what_a_form_can_send_is_no_request(start: Start, content_type: str) -> None:
    product = await start()
    create = '{"query": "mutation { OrganizationCreate(resource: {resourceType: \\"Organization\\"}) { location } }"}'
    response = await product.http.post("/graphql", content=create, headers={"Content-Type": content_type})
    assert response.status_code == 415


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://dmi.example"},
        {"Sec-Fetch-Site": "none", **LINK},
        {"Sec-Fetch-Site": "cross-site", **LINK},
        {"Origin": "http://localhost"},
    ],
    ids=repr,
)
async def test_programs_the_page_of_this_server_and_links_to_it_are_answered(
    start: Start, headers: dict[str, str]
) -> None:
    assert (await (await start()).http.get(QUERY, headers=headers)).json() == {"data": {"__typename": "Query"}}


async def test_a_listed_origin_is_answered_and_may_read_the_answer(start: Start) -> None:
    product = await start(environment=LISTED)
    headers = {"Origin": PORTAL, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    response = await product.http.get(QUERY, headers=headers)
    assert response.json() == {"data": {"__typename": "Query"}}
    assert response.headers["access-control-allow-origin"] == PORTAL
    assert "access-control-allow-credentials" not in response.headers
    assert "Origin" in response.headers["vary"]


async def test_a_listed_origin_may_ask_for_leave_to_send_json(start: Start) -> None:
    http = (await start(environment=LISTED)).http
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
    given = await http.options("/graphql", headers={"Origin": "http://localhost:5173", **asked})
    refused = await http.options("/graphql", headers={"Origin": "https://evil.example", **asked})
    assert given.status_code == 200
    assert given.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers


async def test_without_a_list_nobody_gets_leave(start: Start) -> None:
    headers = {"Origin": PORTAL, "Access-Control-Request-Method": "POST"}
    response = await (await start()).http.options("/graphql", headers=headers)
    assert response.status_code == 403
    assert not any(name.startswith("access-control") for name in response.headers)


@pytest.mark.parametrize(("origin", "opened"), [(b"https://evil.example", False), (PORTAL.encode(), True)])
async def test_a_web_socket_of_another_site_is_closed_before_it_opens(origin: bytes, opened: bool) -> None:
    reached: list[Any] = []
    sent: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        reached.append(scope)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    scope = {"type": "websocket", "path": "/graphql", "headers": [(b"host", b"dmi.example"), (b"origin", origin)]}
    await Origins(app, [PORTAL])(scope, lambda: None, send)  # type: ignore[arg-type, return-value] # nothing is received
    assert bool(reached) is opened
    assert sent == ([] if opened else ["websocket.close"])


async def test_without_the_page_there_is_none_and_the_api_works(start: Start) -> None:
    http = (await start(environment={"DMI_PAGE": "off"})).http
    for address in ("/", "/page.json", "/assets/index.js"):
        assert (await http.get(address, headers={"Accept": "text/html"})).status_code == 404
    assert (await http.get("/graphql", headers={"Accept": "text/html"})).status_code == 400
    assert (await http.get(QUERY)).status_code == 200
