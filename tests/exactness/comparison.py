"""Whether two answers to one request are the same, as far as GraphQL says what the answer is.

Data must be the same bytes: values, the digits of decimals, and the order of keys. Errors must be the same with their
messages, codes, outcomes, paths and places in the document, each as often.

GraphQL leaves two things open (https://spec.graphql.org/October2021/#sec-Handling-Field-Errors), and they are not
compared:
- the order of errors;
- which of several errors made a field above them null, where the type of their own field is non-null: what is beside
  an error need not be executed any more. At each null that errors led to from further below, both answers must have an
  error, but not the same ones.

Beyond the limits of one request (references, rows of reverse lists, FHIRPath) it is a matter of order which field is
refused first; random cases stay far below them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from app.fhir import json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.fhir.resource import Json
    from tests.exactness.request import Answer


def difference(one: Answer, other: Answer) -> str:
    """What two answers do not share, to be read by people; "" where they are the same."""
    if one.refused or other.refused:
        return _told("refused", one.refused, other.refused)
    return _told("data", _text(one.data), _text(other.data)) or _of_errors(compared(one), compared(other))


def compared(answer: Answer) -> Counter[str]:
    """The errors that are compared, as texts; those that made a field above them null as one for each such field."""
    exact: Counter[str] = Counter()
    nulls: set[str] = set()
    for error in answer.errors:
        above = _null_above(error, answer.data)
        if above is None:
            exact[_text(error)] += 1
        else:
            nulls.add(f"an error below the null at {above}")
    return exact + Counter(nulls)


def _null_above(error: Mapping[str, Json], data: Json) -> list[str | int] | None:
    """The path of the null that stands above an error's own field; None where the field itself is there.

    An answer with shaping directives has another shape than paths, which are those of the document: it has no such
    place, and its errors are compared as they are."""
    path = error.get("path") or []
    for depth, step in enumerate(path):
        if data is None:
            return list(path[:depth])
        if not _has(data, step):
            return None
        data = data[step]
    return None


def _has(data: Any, step: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(step, int) and step < len(data)
    return isinstance(data, dict) and step in data


def _of_errors(one: Counter[str], other: Counter[str]) -> str:
    lines = [f"only the first has {count} × {text}" for text, count in (one - other).items()]
    lines += [f"only the second has {count} × {text}" for text, count in (other - one).items()]
    return "\n".join(lines)


def _told(what: str, one: str, other: str) -> str:
    return "" if one == other else f"{what}:\n  {one}\n  {other}"


def _text(value: Json) -> str:
    return json.encode(value).decode()
