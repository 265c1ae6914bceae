"""What one request may ask of histories. Each is read by a command of its own, so many at once are dear."""

from __future__ import annotations

import asyncio
from typing import Final

from app.errors import TooCostly

MOST_VERSIONS: Final = 20_000
ALONE: Final = 100
"""The least that a page of a history counts as."""

COMPARED: Final = 20
"""The versions that a comparison counts as: a page of 1,000 rows may have one each."""

MOST_EFFORT: Final = 100_000
"""In the measure of `app.fhir.differences.effort`: 350 comparisons of usual procedures, or two seconds of the worst."""


class Budget:
    """What is left to ask for. What is one too many stays null; the first of these raises TooCostly, and no other: a
    million errors would tell no more.

    Whoever holds `comparing` compares: a request has two versions in memory at a time for that, and takes one thread.
    """

    def __init__(self) -> None:
        self.comparing = asyncio.Lock()
        self._versions = MOST_VERSIONS
        self._effort = MOST_EFFORT

    def reads(self, versions: int) -> bool:
        """Whether so many versions more may be read. Raises TooCostly the first time that they may not."""
        left, self._versions = self._versions, self._versions - versions
        if left >= 0 > self._versions:
            raise TooCostly(
                f"The histories of one request may ask for {MOST_VERSIONS} versions in all: a page of a history counts "
                f"as {ALONE} at least, changes as {COMPARED}. This one and all after it are null. Ask for fewer "
                "versions, or for fewer resources at once.",
                f"Les historiques d’une requête peuvent demander {MOST_VERSIONS} versions en tout : une page "
                f"d’historique compte pour au moins {ALONE}, changes pour {COMPARED}. Celui-ci et tous les suivants "
                "sont nuls. Demandez moins de versions, ou moins de ressources à la fois.",
                rule="history-versions",
            )
        return self._versions >= 0

    def compares(self, effort: int) -> bool:
        """Whether so much more may be compared. Raises TooCostly the first time that it may not."""
        left, self._effort = self._effort, self._effort - effort
        if left >= 0 > self._effort:
            raise TooCostly(
                f"The versions that this request compares hold more than {MOST_EFFORT} values in all; these changes "
                "and all after them are null. Compare fewer at once, or read the two versions as `raw` and compare "
                "them yourself.",
                f"Les versions que cette requête compare contiennent plus de {MOST_EFFORT} valeurs en tout ; ces "
                "changements et tous les suivants sont nuls. Comparez-en moins à la fois, ou lisez les deux versions "
                "avec `raw` et comparez-les vous-même.",
                rule="history-compared",
            )
        return self._effort >= 0
