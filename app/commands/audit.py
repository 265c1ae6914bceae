"""`audit`: the trail of use as NDJSON on standard output; or what of it is too old is erased."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.commands.purge import why_of
from app.commands.report import terminal, terminal_language
from app.commands.store import opened
from app.errors import RequestError
from app.fhir.json import encode
from app.store.version import utc_now
from app.upkeep import trail

if TYPE_CHECKING:
    from app.settings import Settings

_DRY: Final = {
    "en": "{number} events are older. Nothing was erased: repeat it with --yes.",
    "fr": "{number} événements sont plus anciens. Rien n’a été effacé : relancez avec --yes.",
}
_DONE: Final = {
    "en": "{number} events erased. An event in the trail tells of it.",
    "fr": "{number} événements effacés. Un événement de la piste en témoigne.",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What is to be shown, or erased: see the options of the command."""

    since: str = ""
    until: str = ""
    about: str = ""
    erase_before: str = ""
    reason: str = ""
    by: str = ""
    yes: bool = False


async def audit(settings: Settings, options: Options) -> None:
    """Write the events, or erase the old ones. Raises RequestError for options that cannot be understood."""
    if options.erase_before:
        await _erase(settings, options)
        return
    if options.yes or options.reason:
        raise RequestError(
            "--yes and --reason go with --erase-before.", "--yes et --reason accompagnent --erase-before."
        )
    async with opened(settings) as store:
        async for event in trail.events(store, options.since, options.until, options.about):
            sys.stdout.buffer.write(encode(event) + b"\n")


async def _erase(settings: Settings, options: Options) -> None:
    language, now = terminal_language(os.environ), utc_now()
    before, why = trail.erased_before(options.erase_before, now), why_of(options.reason, options.by)
    async with opened(settings) as store:
        if not options.yes:
            number, told = await trail.number(store, before), _DRY
        else:
            number, told = await trail.erase(store, before, why, now), _DONE
    terminal().print(told[language].format(number=number), soft_wrap=True)
