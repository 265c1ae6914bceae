"""The search parameters of each served type, from the table `parameters.json`.

scripts/search_parameters.py writes the table from HL7's definitions and tells what is left out, and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from app.fhir.json import decode
from app.fhir.served import SERVED
from app.search.paths import Path, parse_path

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind: TypeAlias = Literal["token", "reference", "string", "date", "uri", "number", "quantity"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where values of a parameter stand in a document, and their FHIR data type ("dateTime", "HumanName")."""

    path: Path
    data_type: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter of one resource type; the name has `_` where FHIR writes `-`.

    `targets`: the types a reference may point at, () is any; `codes`: the only codes a token may have, () is any;
    `exists`: it is "true" where a source has a value other than false, and "false" elsewhere."""

    name: str
    kind: Kind
    sources: tuple[Source, ...]
    targets: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    exists: bool = False

    @property
    def sortable(self) -> bool:
        """Whether `_sort` may name it: not where its texts are ids or addresses, whose order means nothing, nor where
        they are those of contained resources, which recalls find."""
        inside = any(step.name == "contained" for source in self.sources for step in source.path[:1])
        return self.kind not in ("reference", "uri") and not inside

    @property
    def ordered(self) -> bool:
        """Whether values are intervals, compared with eq ne gt lt ge le sa eb ap."""
        return self.kind in ("date", "number", "quantity")

    def may_target(self, type_name: str) -> bool:
        """Whether a reference of this parameter may point at a type."""
        return not self.targets or type_name in self.targets

    @property
    def has_systems(self) -> bool:
        """Whether its codes may belong to a system; a plain code, string or boolean has none."""
        return bool(self.data_types & {"Coding", "CodeableConcept", "Identifier"})

    @property
    def data_types(self) -> frozenset[str]:
        """The FHIR data types of its values."""
        return frozenset(source.data_type for source in self.sources)


def table_text() -> str:
    """The table as it is kept in the package."""
    return files("app.search").joinpath("parameters.json").read_text(encoding="utf-8")


def fhir_name(parameter: str) -> str:
    """The name of a search parameter as FHIR writes it: body_site is body-site, _lastUpdated stays."""
    return parameter[:1] + parameter[1:].replace("_", "-")


def parameters(type_name: str) -> Mapping[str, Parameter]:
    """The parameters of a served type by name, those of every resource (`_id` …) first; KeyError for another type."""
    return _parameters()[type_name]


@lru_cache(maxsize=1)
def _parameters() -> Mapping[str, Mapping[str, Parameter]]:
    table = decode(table_text())
    return {
        type_name: {name: _parameter(name, entry) for name, entry in (table["Resource"] | table[type_name]).items()}
        for type_name in SERVED
    }


def _parameter(name: str, entry: Mapping[str, Any]) -> Parameter:
    types, exists = set(entry["paths"].values()), entry.get("exists", False)
    return Parameter(
        name=name,
        kind=entry["type"],
        sources=tuple(Source(parse_path(path), data_type) for path, data_type in entry["paths"].items()),
        targets=tuple(entry.get("targets", ())),
        codes=_BOOLEAN if exists or types == {"boolean"} else tuple(entry.get("codes", ())),
        exists=exists,
    )


_BOOLEAN = ("false", "true")
