"""What FHIR R4 says of each type: its elements, their types, cardinality, choices, targets and codes.

Derived from the metadata of the `fhir.resources` R4B models, which have the elements of R4 (4.0.1) for the types
served here but for two differences in Extension that are mended below and the lists in `app.fhir.corrections`.
Source: https://hl7.org/fhir/R4/resourcelist.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.resource import Resource as ResourceModel

from app.fhir.corrections import CODES, TARGETS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type: `name` as in JSON, `type` a FHIR type name ("code", "Reference", "ProcedurePerformer")."""

    name: str
    type: str
    many: bool
    required: bool
    short: str
    choice: str = ""  # the group's name without [x]: "performed"
    targets: tuple[str, ...] = ()  # resource types a Reference or canonical may point at; ("Resource",) is any
    codes: tuple[str, ...] = ()  # the required binding, where the model knows it

    @property
    def primitive(self) -> bool:
        """Whether the value is a JSON string, number or boolean (FHIR names primitives in lower case)."""
        return self.type[0].islower()


@dataclass(frozen=True, slots=True)
class TypeDefinition:
    """A FHIR type: its elements by JSON name, and the choice groups of which one member must be there."""

    name: str
    resource: bool
    short: str
    elements: Mapping[str, Element]
    required_choices: frozenset[str]


class UnknownType(LookupError):
    """A name that is no FHIR R4 type."""


@cache
def type_definition(name: str) -> TypeDefinition:
    """The definition of a resource, data type or backbone type ("Procedure", "Period", "ProcedurePerformer").

    Raises UnknownType."""
    try:
        model: Any = get_fhir_model_class(name)
    except ValueError:
        raise UnknownType(name) from None
    fields = {field.alias or key: field for key, field in model.model_fields.items()}
    described = {
        key: (field, field.json_schema_extra)
        for key, field in fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("element_property")
    }
    elements = {key: _element(name, key, field, facts) for key, (field, facts) in described.items()}
    required = frozenset(facts["one_of_many"] for _, facts in described.values() if facts.get("one_of_many_required"))
    return TypeDefinition(
        name=name,
        resource=issubclass(model, ResourceModel),
        short=_short(model.__doc__ or ""),
        elements=_mended_extension(elements) if name == "Extension" else elements,
        required_choices=required,
    )


def is_resource_type(name: str) -> bool:
    """Whether FHIR R4 has a resource of that name."""
    try:
        return type_definition(name).resource and name not in ("Resource", "DomainResource")
    except UnknownType:
        return False


def _element(type_name: str, name: str, field: Any, facts: Mapping[str, Any]) -> Element:
    annotation, many = _unwrapped(field.annotation)
    return Element(
        name=name,
        type=_type_name(annotation),
        many=many,
        required=bool(facts.get("element_required")) or field.is_required(),
        short=_sentence(field.title or field.description or ""),
        choice=facts.get("one_of_many", ""),
        targets=TARGETS.get((type_name, name), tuple(facts.get("enum_reference_types", ()))),
        codes=CODES.get((type_name, name), _closed(facts.get("enum_values", ()))),
    )


def _closed(codes: Sequence[str]) -> tuple[str, ...]:
    """The codes, or none where the model's list is cut short, which it marks with a last "+"."""
    return () if "+" in codes else tuple(codes)


def _unwrapped(annotation: Any) -> tuple[Any, bool]:
    """`Optional[List[Optional[Annotated[str, Code()]]]]` as (`Annotated[str, Code()]`, True)."""
    many = False
    while not hasattr(annotation, "__metadata__") and (inner := get_args(annotation)):
        many = many or getattr(annotation, "__origin__", None) is list
        annotation = next(part for part in inner if part is not type(None))
    return annotation, many


def _type_name(annotation: Any) -> str:
    if annotation is bool:
        return "boolean"
    if model := getattr(annotation, "_model_klass", None):
        return (model if isinstance(model, str) else model.__name__).rpartition(".")[2]
    primitive = type(annotation.__metadata__[-1]).__name__.removesuffix("Version")  # pydantic's UuidVersion
    return primitive[0].lower() + primitive[1:]


def _short(docstring: str) -> str:
    """The sentence after the models' common disclaimer."""
    return _sentence(docstring.rpartition("Data Types.")[2].strip().partition("\n")[0])


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _mended_extension(elements: Mapping[str, Element]) -> dict[str, Element]:
    """R4 has Extension.valueMeta, which the R4B models lack, and not the two choices that R4B added."""
    kept = {
        key: element for key, element in elements.items() if key not in ("valueCodeableReference", "valueRatioRange")
    }
    return {**kept, "valueMeta": replace(kept["valuePeriod"], name="valueMeta", type="Meta")}
