"""`demo`: a synthetic hospital in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.commands.progress import progress_bar
from app.commands.store import opened
from app.demo.hospital import hospital
from app.intake.keep import keep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.fhir.resource import Resource
    from app.settings import Settings


async def load_demo(settings: Settings, procedures: int, seed: int) -> None:
    """Store a synthetic hospital; its resources are valid by construction, which the tests check."""
    resources = _Counted(hospital(procedures, seed))
    stored = 0
    async with opened(settings, new=True) as store:
        with progress_bar(procedures) as bar:
            async for size in keep(store, resources):
                stored += size
                bar.at(resources.procedures, stored)
    bar.console.print(f"{stored} resources of {procedures} procedures stored.")


class _Counted:
    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources = resources
        self.procedures = 0

    def __iter__(self) -> Iterator[Resource]:
        for resource in self._resources:
            self.procedures += resource["resourceType"] == "Procedure"
            yield resource
