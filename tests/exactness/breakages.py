"""What makes a valid document one that must be refused: rules of GraphQL, and the limits of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _with(selection: str) -> Callable[[str], str]:
    """One more selection in the first operation."""
    return lambda query: query.replace("{ ", "{ " + selection + " ", 1)


BREAKAGES: Final[Sequence[Callable[[str], str]]] = (
    lambda query: query.rstrip()[:-1],
    lambda query: f"{query} fragment Unused on Patient {{ id }}",
    lambda query: f"{query} {query}",
    lambda query: f"{query} {{ __typename }}",
    lambda _query: "#",
    lambda _query: "fragment F on Patient { id }",
    _with("nonsense"),
    _with("Patient"),
    _with('Patient(id: "a")'),
    _with('Patient(id: "a") { id { x } }'),
    _with('Patient(id: "a", id: "b") { id }'),
    _with("Patient(id: {}) { id }"),
    _with("...Nowhere"),
    _with("Patient(id: $undefined) { id }"),
    _with('Patient(id: "a") { ... on Device { id } }'),
    _with('Patient(id: "a") { id: active } Patient(id: "a") { id }'),
    _with("__typename @nonsense"),
    _with("__typename @skip"),
    _with(" ".join(f"b{number}: __typename" for number in range(51))),
    _with(" ".join("__typename @skip(if: false)" for _ in range(51))),
    _with(" ".join("__typename" for _ in range(26))),
    _with("PatientList { " + "extension { " * 20 + "url" + " }" * 21),
)
