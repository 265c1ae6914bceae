"""What the tests of the REST interface read in answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.fhir.json import decode

if TYPE_CHECKING:
    import httpx

FHIR_JSON = "application/fhir+json"


def body(response: httpx.Response) -> dict[str, Any]:
    """The resource in an answer."""
    assert response.headers["content-type"] == FHIR_JSON
    resource: dict[str, Any] = decode(response.content)
    return resource


def issues(response: httpx.Response, status: int) -> list[dict[str, Any]]:
    """The issues of an OperationOutcome with that status."""
    assert response.status_code == status, response.text
    outcome = body(response)
    assert outcome["resourceType"] == "OperationOutcome"
    found: list[dict[str, Any]] = outcome["issue"]
    return found


def codes(response: httpx.Response, status: int) -> list[str]:
    """The codes of the issues."""
    return [issue["code"] for issue in issues(response, status)]


def links(bundle: dict[str, Any]) -> dict[str, str]:
    """The addresses by their relations."""
    return {link["relation"]: link["url"] for link in bundle["link"]}


def ids(bundle: dict[str, Any]) -> list[str]:
    """The ids of the matches in a searchset."""
    return [each["resource"]["id"] for each in bundle.get("entry", []) if each["search"]["mode"] == "match"]


def fields(response: httpx.Response) -> dict[str, str]:
    """The header fields that do not tell which request was answered."""
    return {name: value for name, value in response.headers.items() if name not in ("x-request-id", "traceparent")}
