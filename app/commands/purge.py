"""`purge`: the end of the legal retention, and the erasure of single resources. Without `--yes` it only tells."""

from __future__ import annotations

import getpass
import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.table import Table

from app.commands.progress import progress_bar
from app.commands.report import terminal, terminal_language
from app.commands.store import opened, opened_embedded
from app.errors import RequestError
from app.fhir.json import encode
from app.fhir.reference import Target, parse
from app.fhir.served import SERVED
from app.search.algebra import And
from app.store.version import utc_now
from app.stores import is_embedded
from app.upkeep.erasing import Why, erase, trail
from app.upkeep.erasure_plan import TRAIL, Asked, Survey
from app.upkeep.last_look import PlanWatch
from app.upkeep.retention import years_of

if TYPE_CHECKING:
    from app.settings import Settings
    from app.store.repository import Repository
    from app.upkeep.erasure_plan import Plan

LONGEST_REASON: Final = 500
SHOWN: Final = 20

_HEADS: Final = {"en": ("type", "to erase"), "fr": ("type", "à effacer")}
_STAYS: Final = {
    "en": "{held} are under a legal hold, {long} are kept for 40 years, {needed} are referred to by what stays.",
    "fr": "{held} sont sous obligation de conservation, {long} se gardent 40 ans, {needed} sont désignées par ce qui "
    "reste.",
}
_DRY: Final = {
    "en": "Nothing was erased: repeat it with --yes. Copies in backups and exports are not reached.",
    "fr": "Rien n’a été effacé : relancez avec --yes. Les copies dans les sauvegardes et les exports ne sont pas "
    "atteintes.",
}
_DONE: Final = {
    "en": "{gone} resources erased, {left} left because of what was written meanwhile. AuditEvents tell of what was "
    "erased.",
    "fr": "{gone} ressources effacées, {left} laissées du fait d’écritures entre-temps. Des AuditEvents témoignent de "
    "ce qui a été effacé.",
}
_LEFT: Final = (
    "{place} stays: it was changed, referred to or put under a hold meanwhile. Repeat the purge.",
    "{place} reste : elle a été modifiée, désignée ou mise sous obligation de conservation entre-temps. Relancez la "
    "purge.",
)
_HELD: Final = (
    "{place} is under a legal hold, itself or by its patient, and stays. The hold ends when its tag is taken off.",
    "{place} est sous obligation de conservation, elle-même ou par son patient, et reste. Celle-ci cesse quand son "
    "tag est retiré.",
)
_NEEDED: Final = (
    "{place} stays, since {by} refers to it or has a copy of it. Correct that one, or name it with --id too.",
    "{place} reste, car {by} la désigne ou en contient une copie. Corrigez celle-ci, ou nommez-la aussi avec --id.",
)
_UNKNOWN: Final = ("{place} is not in the store.", "{place} n’est pas dans la base.")


@dataclass(frozen=True, slots=True)
class Options:
    """What is to go and why: see the options of the command."""

    reason: str
    older_than: str = ""
    ids: tuple[str, ...] = ()
    by: str = ""
    except_held: bool = False
    yes: bool = False
    as_json: bool = False


async def purge(settings: Settings, options: Options) -> int:
    """Tell what goes, and erase it if `yes`. The exit code: 1 where something that is named has to stay, or a hold is
    in the way. Raises RequestError for options that cannot be understood."""
    language, why = terminal_language(os.environ), why_of(options.reason, options.by)
    survey = Survey(_asked(options), settings.base_url, utc_now())
    async with opened(settings) as store:
        since = await store.reached()
        total = sum([await store.count(name, And()) for name in SERVED])
        with progress_bar(total) as bar:
            async for number in survey.walk(store):
                bar.at(number, number)
        plan = survey.plan()
        if blocked := _blocked(plan, options):
            for text in blocked[:SHOWN]:
                terminal().print(text[language == "fr"], markup=False, soft_wrap=True)
            return 1
        _show(plan, language, as_json=options.as_json)
        if not options.yes:
            terminal().print(_DRY[language], soft_wrap=True)
            return 0
        left = await _erase(store, PlanWatch(survey, plan.going, since, trail(why, utc_now)), language)
    if options.ids and is_embedded(settings):  # unused parts of the file still have traces of what somebody named
        async with opened_embedded(settings) as file:
            await file.compact()
    return 1 if options.ids and left else 0


async def _erase(store: Repository, watch: PlanWatch, language: str) -> list[str]:
    """The places that were left after all."""
    gone, left = 0, list[str]()
    with progress_bar(len(watch.going)) as bar:
        async for erased in erase(store, watch):
            gone += erased.gone
            left += erased.left
            bar.at(gone + len(left), gone)
    bar.console.print(_DONE[language].format(gone=gone, left=len(left)), soft_wrap=True)
    for place in left[:SHOWN]:
        bar.console.print(_LEFT[language == "fr"].format(place=place), markup=False, soft_wrap=True)
    return left


def _asked(options: Options) -> Asked:
    if bool(options.older_than) == bool(options.ids):
        raise RequestError(
            "Give either --older-than or --id: what is to be erased.",
            "Indiquez soit --older-than, soit --id : ce qui est à effacer.",
        )
    if options.older_than:
        return Asked(years=years_of(options.older_than))
    for place in options.ids:
        target = parse(place)
        if not isinstance(target, Target) or target.base or target.version or target.type not in SERVED:
            raise RequestError(
                "--id must be a served type and an id, as in Procedure/123.",
                "--id doit être un type servi et un id, comme Procedure/123.",
            )
        if target.type == TRAIL:
            raise RequestError(
                "AuditEvents are the trail of what was done, and stay.",
                "Les AuditEvent sont la piste d’audit, et restent.",
            )
    return Asked(places=frozenset(options.ids))


def why_of(reason: str, by: str) -> Why:
    """The reason of an erasure, and whose it is: unset, the user of this machine. Raises RequestError."""
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= LONGEST_REASON:
        raise RequestError(
            f"--reason must say in 1 to {LONGEST_REASON} characters why this is erased, without patient data: "
            "it is kept.",
            f"--reason doit dire en 1 à {LONGEST_REASON} caractères pourquoi ceci est effacé, sans donnée "
            "patient : elle est conservée.",
        )
    return Why(reason, by.strip() or getpass.getuser())


def _blocked(plan: Plan, options: Options) -> list[tuple[str, ...]]:
    """Why nothing is erased, in English and French; nothing where it may be."""
    if options.ids:
        reasons = [(_HELD, {"place": place}) for place in sorted(plan.held)]
        reasons += [(_NEEDED, {"place": place, "by": by}) for place, by in sorted(plan.needed.items())]
        reasons += [(_UNKNOWN, {"place": place}) for place in sorted(plan.unknown)]
        return [tuple(text.format(**facts) for text in texts) for texts, facts in reasons]
    if plan.held and not options.except_held:
        return [
            (
                f"{len(plan.held)} of what is so old are under a legal hold. Repeat it with --except-held: they stay.",
                f"{len(plan.held)} parmi les plus anciennes sont sous obligation de conservation. Relancez avec "
                "--except-held : elles restent.",
            )
        ]
    return []


def _show(plan: Plan, language: str, *, as_json: bool) -> None:
    if as_json:
        told = {
            "erase": sorted(plan.going),
            "held": sorted(plan.held),
            "forty_years": sorted(plan.long),
            "needed": dict(sorted(plan.needed.items())),
        }
        print(encode(told).decode())  # noqa: T201 - the answer
    table = Table(*_HEADS[language], box=None, padding=(0, 2, 0, 0))
    for name, number in sorted(Counter(place.partition("/")[0] for place in plan.going).items()):
        table.add_row(name, f"{number:,}")
    console = terminal()
    console.print(table)
    numbers = {"held": len(plan.held), "long": len(plan.long), "needed": len(plan.needed)}
    console.print(_STAYS[language].format(**numbers), soft_wrap=True)
