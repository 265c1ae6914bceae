"""The profiles that come with the product, and which of them apply to every resource of a type.

Each file of the folder definitions/ is one StructureDefinition or CodeSystem: a new profile is a new file.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.errors import SettingsError
from app.fhir.elements import is_resource_type
from app.fhir.json import decode
from app.profiles.structure_definition import compile_profiles
from app.profiles.terminology import CodeSystem, code_system

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.fhir.resource import Resource
    from app.profiles.constraint import Profile

DMI_PROCEDURE: Final = "https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition/dmi-procedure"
DEFAULTS: Final[Mapping[str, Sequence[str]]] = MappingProxyType({"Procedure": (DMI_PROCEDURE,)})
"""The profiles applied where DMI_PROFILES says nothing of a type: every Procedure is a DMI procedure."""

BASE: Final = "base"


@cache
def load_profiles() -> Mapping[str, Profile]:
    """Every profile and extension of the package by URL. Raises UnsupportedDefinition for an unusable file."""
    return compile_profiles(_definitions("StructureDefinition"))


@cache
def load_code_systems() -> Mapping[str, CodeSystem]:
    """The code systems of the package by URL."""
    return MappingProxyType({each["url"]: code_system(each) for each in _definitions("CodeSystem")})


def _definitions(type_name: str) -> list[Resource]:
    folder = files("app.profiles") / "definitions"
    texts = sorted((file.name, file.read_bytes()) for file in folder.iterdir() if file.name.endswith(".json"))
    return [item for _, text in texts if (item := decode(text))["resourceType"] == type_name]


def defaults_from(setting: str, profiles: Mapping[str, Profile]) -> Mapping[str, Sequence[str]]:
    """The default profiles by resource type that a value of DMI_PROFILES asks for, over those of the product.

    'Device=dmi-device,Procedure=base' adds one for Device and takes that of Procedure off; a type may come several
    times; a profile is named by id or URL. Raises SettingsError."""
    chosen: dict[str, list[str]] = {}
    for part in filter(None, (part.strip() for part in setting.split(","))):
        kind, _, name = (piece.strip() for piece in part.partition("="))
        if not is_resource_type(kind) or not name:
            raise _not_understood(part)
        chosen.setdefault(kind, [])
        if name != BASE:
            chosen[kind].append(_url(name, kind, profiles))
    return MappingProxyType({**DEFAULTS, **{kind: tuple(urls) for kind, urls in chosen.items()}})


def _url(name: str, kind: str, profiles: Mapping[str, Profile]) -> str:
    suited = {profile.id: profile.url for profile in profiles.values() if profile.type == kind}
    url = suited.get(name, name)
    if url in suited.values():
        return url
    known = ", ".join(sorted(suited)) or BASE
    raise SettingsError(
        f"DMI_PROFILES names {name} for {kind}, which is no profile of {kind} here. "
        f"Known: {known}; or write {kind}=base.",
        f"DMI_PROFILES indique {name} pour {kind}, qui n’est pas un profil connu de {kind}. "
        f"Connus : {known} ; ou écrivez {kind}=base.",
        rule="DMI_PROFILES",
    )


def _not_understood(part: str) -> SettingsError:
    return SettingsError(
        f"DMI_PROFILES: {part!r} is not of the form Type=profile. Write for example Device=dmi-device,Procedure=base.",
        f"DMI_PROFILES : {part!r} n’est pas de la forme Type=profil. "
        "Écrivez par exemple Device=dmi-device,Procedure=base.",
        rule="DMI_PROFILES",
    )
