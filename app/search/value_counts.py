"""How many values a search parameter takes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.errors import InvalidSearch
from app.search.parameters import parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_VALUES: Final = 1_000
MOST_RANGES: Final = 100  # each start of a text and each range is a search of its own


def check_number_of_values(type_name: str, name: str, values: Sequence[str | None]) -> None:
    """Raises InvalidSearch where a parameter, or a shorthand, has more values than it takes."""
    most = MOST_VALUES if _is_equality(type_name, name) else MOST_RANGES
    if sum((value or "").count(",") + 1 for value in values) > most:
        raise InvalidSearch(
            f"The search parameter {name} takes at most {most} values at once.",
            f"Le paramètre de recherche {name} accepte au plus {most} valeurs à la fois.",
            expression=name,
            rule="search-values",
        )


def _is_equality(type_name: str, name: str) -> bool:
    """Whether values are looked up as they are, all of them at once."""
    parameter = parameters(type_name).get(name)
    return parameter is None or not (parameter.ordered or parameter.kind == "string")
