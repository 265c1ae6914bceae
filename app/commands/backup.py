"""`backup`: the embedded store as it is now in one file, while servers read and write."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from app.commands.progress import progress_bar
from app.commands.report import terminal_language
from app.commands.store import opened_embedded

if TYPE_CHECKING:
    from pathlib import Path

    from app.settings import Settings

_DONE: Final = {
    "en": "{path} is written and looked through. To use it, name it dmi.sqlite3 in an empty folder: "
    "DMI_STORE=embedded:FOLDER. It holds patient data.",
    "fr": "{path} est écrit et relu. Pour l’utiliser, nommez-le dmi.sqlite3 dans un dossier vide : "
    "DMI_STORE=embedded:DOSSIER. Il contient des données patient.",
}


async def backup(settings: Settings, path: Path) -> None:
    """Copy the store to a new file. Raises StoreUnusable."""
    async with opened_embedded(settings) as store:
        with progress_bar(1) as bar:
            await store.backup(path, lambda copied, of: bar.share(copied / max(of, 1)))
    bar.console.print(_DONE[terminal_language(os.environ)].format(path=path), markup=False, soft_wrap=True)
