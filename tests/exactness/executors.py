"""The two executions of one request that are compared: the product's own, and graphql-core's on the same schema."""

from __future__ import annotations

import contextlib
import itertools
import uuid
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from strawberry.schema.exceptions import CannotGetOperationTypeError

from app.access.principal import OPEN, PrincipalRepository
from app.intake.verdict import Rules
from app.main import validator_of
from app.schema.build import build_schema
from app.schema.context import Context
from app.schema.errors import shown
from app.schema.loaders import Loaders
from app.settings import read_settings
from tests.exactness.references import BASE
from tests.exactness.request import Answer
from tests.exactness.stock import executed

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from contextlib import AbstractContextManager

    from app.schema.build import DmiSchema
    from tests.exactness.request import Request
    from tests.exactness.world import World

SETTINGS: Final = replace(
    read_settings({"DMI_STORE": "memory:", "DMI_EXAMPLE_DATA": "off"}),
    max_cost=10**30,  # graphql-core prices nothing; seven lists in each other cost more than may be set
)


@lru_cache(maxsize=1)
def schema() -> DmiSchema:
    """The schema of the product; both executions have the same types and resolvers."""
    return build_schema(SETTINGS)


async def by_product(request: Request, world: World) -> Answer:
    """As the product executes it."""
    answer = schema().execute(
        request.query,
        variable_values=None if request.variables is None else dict(request.variables),
        context_value=_context(world),
        root_value=request.focus,
        operation_name=request.operation,
    )
    return await _told(answer, request)


async def by_graphql_core(request: Request, world: World) -> Answer:
    """As graphql-core executes it."""
    return await _told(executed(schema()._schema, SETTINGS, request, _context(world)), request)


async def _told(executing: Awaitable[Any], request: Request) -> Answer:
    with _counted_ids() if request.writes else contextlib.nullcontext():
        try:
            result = await executing
        except CannotGetOperationTypeError as refusal:
            return Answer(None, refused=type(refusal).__name__)
    return Answer(result.data, tuple(shown(error, "en").formatted for error in result.errors or ()))


def _counted_ids() -> AbstractContextManager[object]:
    """New ids are numbers, so that both executions give the same ones."""
    ids = (uuid.UUID(int=number) for number in itertools.count(1))
    return mock.patch.object(uuid, "uuid4", side_effect=ids)


@lru_cache(maxsize=1)
def _rules() -> Rules:
    return Rules(validator_of(SETTINGS), SETTINGS.references, SETTINGS.base_url)


def _context(world: World) -> Context:
    store: Any = world
    repository = PrincipalRepository(store, OPEN)
    return Context(
        repository=repository,
        loaders=Loaders(repository),
        rules=_rules(),
        language="en",
        max_rows=SETTINGS.max_rows,
        base=BASE,
        search_base=SETTINGS.base_url,
        procedure_systems=SETTINGS.procedure_systems,
    )
