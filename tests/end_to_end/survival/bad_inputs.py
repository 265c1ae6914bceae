"""Every bad input that the tests of validation have: a name, and a resource that is refused.

They are heard while these tests run. What each of them says of one resource where the rules are, others say of all of
them at every door.
"""

from __future__ import annotations

import importlib
import inspect
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import pytest

from app.errors import MalformedJson
from app.fhir.json import decode_strict, encode
from app.fhir.served import SERVED
from app.profiles import DEFAULTS, Validator, load_profiles
from tests.unit.profiles import found
from tests.unit.profiles.found import finds
from tests.unit.profiles.served import LEAST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.builders import Document

    Test = Callable[..., object]

LARGEST: Final = 2_000_000
"""Bytes of an input: larger ones are for the limit of a request."""

_PARAM: Final = type(pytest.param())


def bad_inputs() -> dict[str, Document]:
    """Those of types that are served, which a request can hold, each once."""
    validator = Validator(load_profiles(), DEFAULTS)
    texts: dict[bytes, str] = {}
    for name, resource in (*_heard(validator), *_made()):
        if (text := _text(resource)) is not None:
            texts.setdefault(text, name)
    inputs = {f"{name} {number}": decode_strict(text) for number, (text, name) in enumerate(texts.items())}
    return {name: resource for name, resource in inputs.items() if _is_refused(validator, resource)}


def _heard(validator: Validator) -> Iterator[tuple[str, Any]]:
    """What the tests of validation give to a validator."""
    original, given = Validator.validate, list[Any]()

    def validate(self: Validator, resource: Any, *more: Any) -> Any:
        given.append(resource)
        return original(self, resource, *more)

    fixtures = {"validator": validator, "errors": finds(validator, "error"), "warnings": finds(validator, "warning")}
    for name, test in _tests():
        given.clear()
        with patch.object(Validator, "validate", validate):
            for arguments in _arguments(test, fixtures):
                test(**arguments)
        yield from ((name, resource) for resource in given)


def _tests() -> Iterator[tuple[str, Test]]:
    """All but those that make their inputs by chance."""
    for path in sorted(Path(found.__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"{found.__package__}.{path.stem}")
        for name, test in vars(module).items():
            if name.startswith("test_") and not hasattr(test, "hypothesis"):
                yield name, test


def _arguments(test: Test, fixtures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """With what pytest would call a test, one time after the other."""
    marks = [mark.args[:2] for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    for chosen in product(*(_choices(*mark) for mark in marks)):
        given = {name: value for each in chosen for name, value in each}
        yield {name: given[name] if name in given else fixtures[name] for name in inspect.signature(test).parameters}


def _choices(names: str | tuple[str, ...], values: Any) -> Iterator[list[tuple[str, Any]]]:
    for value in values:
        inner = value.values if isinstance(value, _PARAM) else (value,) if isinstance(names, str) else value
        yield list(zip([names] if isinstance(names, str) else names, inner, strict=True))


def _made() -> Iterator[tuple[str, Document]]:
    """Some for every type."""
    for name in SERVED:
        wrong = {"status": [[]], "identifier": {"period": "x"}, "extension": [{}, None], "unknown": 1}
        yield name, {**LEAST[name], **wrong}


def _text(resource: Any) -> bytes | None:
    """What is sent, None for what no request can hold, or no address of a type that is served."""
    if not isinstance(resource, dict) or resource.get("resourceType") not in SERVED:
        return None
    try:
        decode_strict(text := encode(resource))
    except (MalformedJson, TypeError, ValueError, RecursionError):
        return None
    return text if len(text) <= LARGEST else None


def _is_refused(validator: Validator, resource: Document) -> bool:
    return any(issue.severity == "error" for issue in validator.validate(resource, resource["resourceType"]))


BROKEN_TEXTS: Final = {
    "a member twice": '{"resourceType": "Patient", "gender": "male", "gender": "female"}',
    "a member twice, once with an escape": '{"resourceType": "Patient", "gender": "male", "g\\u0065nder": "female"}',
    "no number": '{"resourceType": "Patient", "multipleBirthInteger": NaN}',
    "half a character": '{"resourceType": "Patient", "gender": "\\ud800"}',
    "an end that is missing": '{"resourceType": "Patient", "name": [{"family": "Martin"}',
    "nothing": "",
    "two values": '{"resourceType": "Patient"} {"resourceType": "Patient"}',
    "too deep": '{"resourceType": "Patient", "extension": ' + "[" * 2_000 + "]" * 2_000 + "}",
}
"""Texts that are no strict JSON."""
