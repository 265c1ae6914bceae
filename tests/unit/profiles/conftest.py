"""What the tests of validation share: the product's validator, and findings as (expression, rule)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.profiles import DEFAULTS, Validator, load_profiles

if TYPE_CHECKING:
    from collections.abc import Callable

Found = list[tuple[str, str]]


@pytest.fixture(scope="session")
def validator() -> Validator:
    return Validator(load_profiles(), DEFAULTS)


@pytest.fixture(scope="session")
def errors(validator: Validator) -> Callable[[Any], Found]:
    """The place and rule of every error in a resource, in the order they are found."""

    def found(resource: Any) -> Found:
        return [(issue.expression, issue.rule) for issue in validator.validate(resource) if issue.severity == "error"]

    return found


@pytest.fixture(scope="session")
def warnings(validator: Validator) -> Callable[[Any], Found]:
    """The place and rule of every warning."""

    def found(resource: Any) -> Found:
        return [(issue.expression, issue.rule) for issue in validator.validate(resource) if issue.severity == "warning"]

    return found
