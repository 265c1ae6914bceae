"""The answer to a transaction: a Bundle of type transaction-response. https://hl7.org/fhir/R4/http.html#transaction-response"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.fhir.outcome import operation_outcome
from app.intake.transaction.entries import entry_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.errors import Issue
    from app.fhir.resource import Json, Resource
    from app.intake.transaction.transact import Done, Transaction


def transaction_response(transaction: Transaction, language: str = "en", base: str = "") -> Resource:
    """The Bundle that tells of each entry, in their order, its status, place, version and warnings.

    `base` is this server's FHIR address, of which the fullUrls are made; without it there are none."""
    warnings = _by_entry(transaction.warnings)
    entries = [_entry(done, warnings.get(done.entry.path, ()), language, base) for done in transaction.done]
    bundle: Resource = {"resourceType": "Bundle", "type": "transaction-response"}
    return {**bundle, "entry": entries} if entries else bundle


def beside_entries(transaction: Transaction) -> tuple[Issue, ...]:
    """The warnings that are about no entry, so that the response does not hold them."""
    return tuple(_by_entry(transaction.warnings).get("Bundle", ()))


def _by_entry(warnings: Iterable[Issue]) -> dict[str, list[Issue]]:
    found: dict[str, list[Issue]] = {}
    for issue in warnings:
        found.setdefault(entry_path(issue.expression), []).append(issue)
    return found


def _entry(done: Done, warnings: Sequence[Issue], language: str, base: str) -> Json:
    entry, stored = done.entry, done.stored
    response: Resource = {"status": _status(done)}
    if stored.resource is not None:
        response["location"] = f"{entry.place}/_history/{stored.version}"
        response["etag"] = f'W/"{stored.version}"'
        response["lastModified"] = stored.resource["meta"]["lastUpdated"]
    if warnings:
        response["outcome"] = operation_outcome(warnings, language)
    return {"fullUrl": f"{base}/{entry.place}", "response": response} if base else {"response": response}


def _status(done: Done) -> str:
    if done.stored.resource is None:
        return "204 No Content"
    return "201 Created" if done.created else "200 OK"
