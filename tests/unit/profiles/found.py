"""What a validator finds in a resource, as tests compare it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.profiles import Validator

Found: TypeAlias = list[tuple[str, str]]


def finds(validator: Validator, severity: str) -> Callable[[Any], Found]:
    """The place and rule of every finding of a severity, in the order they are found."""

    def found(resource: Any) -> Found:
        return [(each.expression, each.rule) for each in validator.validate(resource) if each.severity == severity]

    return found
