"""The graph in this process, without HTTP: schemas over one source of documents."""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time
from typing import TYPE_CHECKING, Any, Final

from app.access.principal import OPEN, PrincipalRepository
from app.intake.verdict import Rules
from app.main import validator_of
from app.schema.context import Context
from app.schema.loaders import Loaders
from app.settings import read_settings

if TYPE_CHECKING:
    import strawberry

    from app.store.repository import Repository
    from bench.measure import Work

SETTINGS: Final = read_settings({"DMI_STORE": "memory:"})
RULES: Final = Rules(validator_of(SETTINGS))


@dataclass(frozen=True, slots=True)
class Graph:
    """Executes queries over a source; each execution has its own context, as a request has."""

    source: Repository
    loaders: type[Loaders] = Loaders

    def context(self) -> Context:
        """As the HTTP layer makes it."""
        repository = PrincipalRepository(self.source, OPEN)
        return Context(
            repository=repository,
            loaders=self.loaders(repository),
            rules=RULES,
            language="en",
            max_rows=SETTINGS.max_rows,
            base="http://localhost/fhir",
            search_base="",
        )

    async def answer(self, schema: strawberry.Schema, query: str, rows: int | None) -> dict[str, Any]:
        """The data. Raises SystemExit where there is an error, which would make any figure worthless."""
        given = {} if rows is None else {"rows": rows}
        result = await schema.execute(query, variable_values=given, context_value=self.context())
        if result.errors or result.data is None:
            raise SystemExit(f"The page has errors: {result.errors}")
        return result.data

    def executing(self, schema: strawberry.Schema, query: str, rows: int | None, times: int) -> Work:
        """Seconds of processor time that an execution takes, measured over several."""

        async def work() -> float:
            start = process_time()
            for _ in range(times):
                await self.answer(schema, query, rows)
            return (process_time() - start) / times

        return work
