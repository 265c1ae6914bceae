"""`index --shard`: what spreads the collections over the shards of a MongoDB cluster, printed or done."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from app.commands.report import terminal, terminal_language
from app.errors import StoreUnusable
from app.stores import mongodb_store_of

if TYPE_CHECKING:
    from app.settings import Settings

_TOLD: Final = {
    "en": "Nothing is done yet. With --yes these {count} commands are run, one after the other, by the user of the "
    "address, who needs the role clusterManager; or run them with mongosh, connected to a mongos. Servers go on "
    "meanwhile.",
    "fr": "Rien n’est fait encore. Avec --yes, ces {count} commandes sont exécutées l’une après l’autre par "
    "l’utilisateur de l’adresse, qui doit avoir le rôle clusterManager ; ou exécutez-les avec mongosh, connecté à un "
    "mongos. Les serveurs continuent pendant ce temps.",
}
_DONE: Final = {"en": "{count} commands are done.", "fr": "{count} commandes sont exécutées."}


async def shard(settings: Settings, *, yes: bool) -> None:
    """Print the commands on standard output and, with `yes`, run them. Raises StoreUnusable."""
    store = mongodb_store_of(settings)
    if store is None:
        raise StoreUnusable(
            "Only MongoDB has shards. Move the store there first: dmi-graph copy --to mongodb://…",
            "Seul MongoDB a des fragments (shards). Déplacez-y d’abord la base : dmi-graph copy --to mongodb://…",
        )
    await store.open()
    try:
        await store.ready()
        steps = await store.sharding()
        if yes:
            async for step in store.shard(steps):
                print(step, flush=True)  # noqa: T201 - the answer
        else:
            print(*steps, sep="\n")  # noqa: T201 - the answer
    finally:
        await store.close()
    said = (_DONE if yes else _TOLD)[terminal_language(os.environ)]
    terminal().print(said.format(count=len(steps)), markup=False, soft_wrap=True)
