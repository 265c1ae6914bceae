"""Variables of a random document: with a value, with a default, null, or absent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.exactness.literals import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.fhir.resource import Json
    from tests.exactness.chance import Chance

_USE: Final = re.compile(r"\$(v\d+)\b")
_REQUIRED: Final = (
    *[("{type}", ("value",))] * 6,
    ("{type} = {value}", ("", "value")),
    ("{nullable} = {value}", ("", "value", "value", "null")),
)
_NULLABLE: Final = (
    *[("{type}", ("value", "value", "value", "null", ""))] * 2,
    ("{type} = {value}", ("value", "null", "")),
)
"""How a variable of a type is defined, and what may be sent for it; "" is nothing."""


@dataclass
class Variables:
    """The variables that selections use: their definitions, and the values that are sent, each time other ones."""

    values: Sequence[dict[str, Json]]
    _defined: dict[str, tuple[str, str]] = field(default_factory=dict)  # type and definition by name

    def use(self, chance: Chance, type_name: str, value: Json) -> str:
        """A variable in place of an argument's value, as it is written there: `$v1`; perhaps one that is there already,
        with another value of that type."""
        same = [name for name, (defined, _) in self._defined.items() if defined == type_name]
        if same and chance.happens(25):
            return f"${chance.one(same)}"
        name = f"v{len(self._defined)}"
        choices = _REQUIRED if type_name.endswith("!") and not chance.happens(1) else _NULLABLE
        definition, sent = chance.one(choices)
        nullable = type_name.rstrip("!")
        self._defined[name] = type_name, definition.format(type=type_name, nullable=nullable, value=literal(value))
        for values in self.values:
            match chance.one(sent):
                case "value":
                    values[name] = (not value) if isinstance(value, bool) and chance.happens(40) else value
                case "null":
                    values[name] = None
        return f"${name}"

    def definitions(self, text: str) -> str:
        """The definitions of the variables that a text uses, in brackets; "" where it uses none."""
        used = dict.fromkeys(_USE.findall(text))
        listed = ", ".join(f"${name}: {self._defined[name][1]}" for name in used)
        return f"({listed})" if used else ""
