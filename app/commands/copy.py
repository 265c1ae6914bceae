"""`copy`: a store moved into another one with its histories; repeated until a comparison of both finds them equal."""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from app.commands.progress import progress_bar
from app.commands.report import terminal_language
from app.commands.store import opened
from app.errors import SettingsError, StoreUnusable
from app.fhir.served import SERVED
from app.intake.ledger import let_go
from app.search.algebra import And
from app.upkeep.copying import copy

if TYPE_CHECKING:
    from app.commands.progress import Bar
    from app.settings import Settings
    from app.store.repository import Repository

MARK: Final = "copy"
HOLDER: Final = "dmi-graph copy"
REMEMBERED: Final = 90 * 86_400.0
"""Seconds for which a copy that was interrupted may go on."""

PASSES: Final = 5
"""So often both are compared: whoever writes faster than that is to be stopped."""

_CLOSING: Final = {
    "en": "{resources} resources are equal in both, with their histories: sha256 {hash}",
    "fr": "{resources} ressources sont égales dans les deux, avec leurs historiques : sha256 {hash}",
}
_DIFFERENT: Final = {
    "en": "The stores still differ: the first is being written to. Stop its servers, then repeat the copy.",
    "fr": "Les deux bases diffèrent encore : on écrit dans la première. Arrêtez ses serveurs, puis relancez la copie.",
}


async def copy_store(settings: Settings, to: str) -> int:
    """Copy the store of the settings to another one, which is empty or has a part of this copy. The exit code: 1 where
    both still differ in the end. Raises SettingsError, StoreUnusable."""
    language = terminal_language(os.environ)
    if _place(to) == _place(settings.store):
        raise SettingsError(
            "--to names the store itself. Name another one.", "--to désigne la base elle-même. Indiquez-en une autre."
        )
    async with opened(settings) as source, opened(replace(settings, store=to), new=True) as target:
        await _begin(target)
        total = sum([await source.count(name, And()) for name in SERVED])
        with progress_bar(total) as bar:
            for _ in range(PASSES):
                resources, copied, whole = await _pass(source, target, bar)
                if not copied:
                    await let_go(target, MARK, HOLDER)
                    bar.console.print(_CLOSING[language].format(resources=resources, hash=whole), soft_wrap=True)
                    return 0
            bar.console.print(_DIFFERENT[language])
    return 1


async def _begin(target: Repository) -> None:
    """Note in the target that a copy is on its way, which may have been interrupted before. Raises StoreUnusable."""
    empty = not any([await target.histories(name, "", 1) for name in SERVED])
    reservation = await target.reserve(MARK, HOLDER, REMEMBERED)
    if reservation.answer is None and not empty:
        await let_go(target, MARK, HOLDER)
        raise StoreUnusable(
            "The store named by --to has resources already, and they are not of an unfinished copy. Name an empty one.",
            "La base indiquée par --to contient déjà des ressources, qui ne sont pas d’une copie inachevée. "
            "Indiquez-en une vide.",
        )
    await target.settle(MARK, HOLDER, MARK)


async def _pass(source: Repository, target: Repository, bar: Bar) -> tuple[int, int, str]:
    """Resources, how many of them were copied or are too many, and the hash of all."""
    resources = differed = 0
    whole = sha256()
    for name in SERVED:
        async for compared in copy(source, target, name):
            bar.at(resources + compared.resources, resources + compared.resources)
        resources += compared.resources
        differed += compared.copied + compared.foreign
        whole.update(compared.hash.digest())
    return resources, differed, whole.hexdigest()


def _place(store: str) -> str:
    kind, _, rest = store.partition(":")
    return os.path.realpath(rest) if kind == "embedded" else store
