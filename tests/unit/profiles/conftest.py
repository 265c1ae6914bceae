"""What the tests of validation share: the product's validator, and what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.profiles import DEFAULTS, Validator, load_profiles
from tests.unit.profiles.found import Found, finds

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def validator() -> Validator:
    return Validator(load_profiles(), DEFAULTS)


@pytest.fixture(scope="session")
def errors(validator: Validator) -> Callable[[Any], Found]:
    return finds(validator, "error")


@pytest.fixture(scope="session")
def warnings(validator: Validator) -> Callable[[Any], Found]:
    return finds(validator, "warning")
