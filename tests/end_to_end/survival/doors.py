"""The two ways in over HTTP, with the same methods: what is done there, and how it is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import httpx

from app.fhir.json import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.builders import Document

Findings = list[tuple[str, str]]

PATIENCE = 60.0
"""Seconds after which a request counts as hanging."""

_PLACE = re.compile(r"(?P<place>[A-Za-z]+/[A-Za-z0-9\-.]+)/_history/(?P<version>[0-9]+)$")

WRITES = {
    "create": "mutation($resource: FHIR!, $condition: String) "
    "{ told: %sCreate(resource: $resource, ifNoneExist: $condition) { location } }",
    "update": "mutation($id: ID!, $resource: FHIR!, $condition: String) "
    "{ told: %sUpdate(id: $id, resource: $resource, ifMatch: $condition) { location } }",
    "delete": "mutation($id: ID!) { told: %sDelete(id: $id) { information { id } } }",
    "transmit": "mutation($resource: FHIR!) { told: TransmitTraces(bundle: $resource) { bundle } }",
}


@dataclass(frozen=True)
class Told:
    """A version of a resource that is stored."""

    place: str
    version: int

    @property
    def id(self) -> str:
        return self.place.partition("/")[2]


class Refused(Exception):
    """A request that was answered with an error."""

    def __init__(self, status: int, outcome: Document) -> None:
        super().__init__(status, outcome)
        self.status = status
        self.outcome = outcome
        self.code = next(each["code"] for each in outcome["issue"] if each["severity"] in ("error", "fatal"))


class Door(Protocol):
    """A way in. Every method raises Refused, and httpx.TransportError where there is no answer."""

    def create(self, resource: Document, condition: str | None = None, key: str | None = None) -> Told:
        """Create a resource, unless one meets the condition."""

    def update(self, place: str, resource: Document, condition: str | None = None, key: str | None = None) -> Told:
        """Put a resource in a place, where the version of the condition is."""

    def delete(self, place: str, key: str | None = None) -> None:
        """Delete the resource in a place."""

    def transmit(self, bundle: Document, key: str | None = None) -> list[Told | None]:
        """Store a transaction Bundle; None stands for a deletion."""


class GraphQL:
    """Mutations."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def create(self, resource: Document, condition: str | None = None, key: str | None = None) -> Told:
        query = WRITES["create"] % resource["resourceType"]
        return told(self.ask(query, {"resource": resource, "condition": condition}, key)["location"])

    def update(self, place: str, resource: Document, condition: str | None = None, key: str | None = None) -> Told:
        name, _, id_ = place.partition("/")
        variables = {"id": id_, "resource": resource, "condition": condition}
        return told(self.ask(WRITES["update"] % name, variables, key)["location"])

    def delete(self, place: str, key: str | None = None) -> None:
        name, _, id_ = place.partition("/")
        self.ask(WRITES["delete"] % name, {"id": id_}, key)

    def transmit(self, bundle: Document, key: str | None = None) -> list[Told | None]:
        return _told_in(self.ask(WRITES["transmit"], {"resource": bundle}, key)["bundle"])

    def ask(self, query: str, variables: Mapping[str, Any], key: str | None = None) -> Any:
        """What the field `told` of a request is answered with."""
        body = encode({"query": query, "variables": variables})
        headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
        response = self._http.post("/graphql", content=body, headers=headers)
        answer = response.json()
        if "errors" in answer:
            raise Refused(response.status_code, answer["errors"][0]["extensions"]["resource"])
        return answer["data"]["told"]


class Rest:
    """FHIR's REST interface."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def create(self, resource: Document, condition: str | None = None, key: str | None = None) -> Told:
        headers = {"If-None-Exist": condition} if condition else {}
        return _located(self.send("POST", resource["resourceType"], resource, key, headers))

    def update(self, place: str, resource: Document, condition: str | None = None, key: str | None = None) -> Told:
        headers = {"If-Match": condition} if condition else {}
        return _located(self.send("PUT", place, resource, key, headers))

    def delete(self, place: str, key: str | None = None) -> None:
        self.send("DELETE", place, key=key)

    def transmit(self, bundle: Document, key: str | None = None) -> list[Told | None]:
        return _told_in(self.send("POST", "", bundle, key).json())

    def send(
        self,
        method: str,
        path: str,
        sent: Document | str | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The answer to a request that is not refused; a text is sent as it is."""
        keyed = {"Idempotency-Key": key} if key else {}
        typed = {"Content-Type": "application/fhir+json"}
        all_headers = {**(headers or {}), **keyed, **typed}
        body = encode(sent) if isinstance(sent, dict) else sent
        response = self._http.request(method, f"/fhir/{path}".rstrip("/"), content=body, headers=all_headers)
        if response.status_code >= 400:
            raise Refused(response.status_code, response.json())
        return response


DOORS: Final[tuple[Callable[[httpx.Client], Door], ...]] = (GraphQL, Rest)


def told(location: str) -> Told:
    """What a location names."""
    found = _PLACE.search(location)
    assert found, location
    return Told(found["place"], int(found["version"]))


def client(url: str) -> httpx.Client:
    """An HTTP client for many threads, whose requests end in an error rather than never."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    return httpx.Client(base_url=url, timeout=PATIENCE, limits=limits, trust_env=False)


def _located(response: httpx.Response) -> Told:
    return told(response.headers["location"])


def _told_in(bundle: Document) -> list[Told | None]:
    entries: Sequence[Document] = bundle.get("entry", [])
    return [told(each["response"]["location"]) if "location" in each["response"] else None for each in entries]


def findings(outcome: Document) -> Findings:
    """(place, rule) of each error and warning of an OperationOutcome."""
    return sorted((each.get("expression", [""])[0], _rule(each)) for each in outcome["issue"])


def _rule(issue: Document) -> str:
    codings = issue["details"].get("coding", [{}])
    return str(codings[0].get("code", ""))
