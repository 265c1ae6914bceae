"""Which profiles apply to a resource: those it names in `meta.profile`, and the defaults of its type.

Source: https://hl7.org/fhir/R4/profiling.html#resources
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.fhir.elements import is_resource_type
from app.profiles.differential import CORE
from app.profiles.finding import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.profiles.constraint import Profile
    from app.profiles.scope import Scope

UNKNOWN = Kind(
    "unknown",
    "not-found",
    "{path} names a profile that is not known here, so it was not checked. Check the URL, or rely on R4 alone.",
    "{path} nomme un profil inconnu ici, qui n’a donc pas été vérifié. Vérifiez l’URL, ou fiez-vous à R4 seul.",
    "warning",
)
OTHER_VERSION = Kind(
    "version",
    "not-found",
    "{path} names another version of the profile than {version}, which was checked instead.",
    "{path} nomme une autre version du profil que {version}, qui a été vérifiée à la place.",
    "warning",
)
OTHER_TYPE = Kind(
    "type",
    "value",
    "{path} names a profile of {type}, which {resource} cannot conform to. Name a profile of {resource}.",
    "{path} nomme un profil de {type}, auquel {resource} ne peut se conformer. Nommez un profil de {resource}.",
)


def applicable(
    scope: Scope, profiles: Mapping[str, Profile], defaults: Mapping[str, Sequence[str]]
) -> tuple[Profile, ...]:
    """The profiles a resource must keep to, each once; defaults never apply to a contained resource."""
    named = [url for url, _ in _named(scope)]
    by_default = () if scope.container else defaults.get(scope.type, ())
    urls = dict.fromkeys((*named, *by_default))
    return tuple(profiles[url] for url in urls if url in profiles and profiles[url].type == scope.type)


def profile_findings(scope: Scope, profiles: Mapping[str, Profile]) -> Iterator[Finding]:
    """What is wrong with the profiles a resource names: unknown, in another version, or for another type."""
    for index, (url, version) in enumerate(_named(scope)):
        place = f".meta.profile[{index}]"
        profile = profiles.get(url)
        kind = profile.type if profile else url.removeprefix(CORE)
        if not (profile or is_resource_type(kind) or kind in ("Resource", "DomainResource")):
            yield Finding(UNKNOWN, place)
        elif kind not in (scope.type, "Resource", "DomainResource"):
            yield Finding(OTHER_TYPE, place, {"type": kind, "resource": scope.type})
        elif profile and version not in ("", profile.version):
            yield Finding(OTHER_VERSION, place, {"version": profile.version})


def _named(scope: Scope) -> list[tuple[str, str]]:
    """The URLs and versions in `meta.profile`; what is no text is kept empty so that indexes stay right."""
    meta = scope.resource.get("meta")
    named = meta.get("profile") if isinstance(meta, dict) else None
    texts = [url if isinstance(url, str) else "" for url in named] if isinstance(named, list) else []
    return [(url, version) for url, _, version in (text.partition("|") for text in texts)]
