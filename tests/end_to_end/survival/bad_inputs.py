"""Every table of bad input that the tests of validation have, as one: a name, and a resource that is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.fhir.served import SERVED
from tests.builders import patient
from tests.unit.profiles import (
    test_dmi_procedure,
    test_extensions,
    test_invariants,
    test_primitives,
    test_structure,
)
from tests.unit.profiles.served import LEAST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.builders import Document

LONGEST = 10_000
"""Characters of a value: longer ones are for the limit of a request."""


def _all() -> Iterator[tuple[str, Document]]:
    yield from test_dmi_procedure.BROKEN.items()
    for number, (key, resource) in enumerate(test_invariants.BROKEN):
        yield f"{key} {number}", resource
    for name, (document, _) in test_extensions.BROKEN.items():
        yield name, document({"url": test_extensions.URL + name, **test_extensions.WRONG})
    for name, values in test_primitives.WRONG.items():
        for number, value in enumerate(values if name != "xhtml" else ()):
            if _can_be_sent(value):
                choice = f"value{name[0].upper()}{name[1:]}"
                yield f"{name} {number}", patient(extension=[{"url": "http://example.org/e", choice: value}])
    [nothing_is_empty_or_null] = test_structure.test_nothing_is_empty_or_null.pytestmark
    for number, (changes, _, rule) in enumerate(nothing_is_empty_or_null.args[1]):
        yield f"{rule} {number}", patient() | changes
    for name in SERVED:
        yield (
            name,
            {**LEAST[name], "status": [[]], "identifier": {"period": "x"}, "extension": [{}, None], "unknown": 1},
        )


def _can_be_sent(value: Any) -> bool:
    """Whether JSON can hold a value as it is, and a request too."""
    if isinstance(value, str):
        return len(value) <= LONGEST and not any("\ud800" <= each <= "\udfff" for each in value)
    return value.is_finite() if isinstance(value, Decimal) else not isinstance(value, float)


BAD_INPUTS: Final[dict[str, Document]] = dict(_all())

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
