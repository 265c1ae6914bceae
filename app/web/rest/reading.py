"""Read and vread: one version of a resource. https://hl7.org/fhir/R4/http.html#read"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import Gone, NotFound
from app.fhir.subset import subset
from app.intake.current import alive, head_of
from app.intake.kept import version_of
from app.schema.history.versions import number_of
from app.web.rest.exchange import Reply
from app.web.rest.query import only
from app.web.rest.replies import holds, version_fields
from app.web.rest.search_query import elements_of

if TYPE_CHECKING:
    from app.fhir.resource import Resource
    from app.web.rest.exchange import Exchange


async def read(exchange: Exchange) -> Reply:
    """`GET [type]/[id]`: the current version, 304 for a client that has it. Raises NotFound, Gone."""
    type_name, id_ = exchange.type, exchange.id
    resource = (await exchange.repository.read(type_name, [id_])).get(id_)
    if resource is None:
        head = alive(f"{type_name}/{id_}", await head_of(exchange.repository, type_name, id_))
        return await _versioned(exchange, head.version)  # it came between the two looks
    return _told(exchange, resource)


async def vread(exchange: Exchange) -> Reply:
    """`GET [type]/[id]/_history/[version]`: that version. Raises NotFound, and Gone for that of a deletion."""
    number = number_of(exchange.scope["path_params"]["version"])
    if number is None:
        raise _no_version()
    return await _versioned(exchange, number)


async def _versioned(exchange: Exchange, number: int) -> Reply:
    found = await exchange.repository.version(exchange.type, exchange.id, number)
    if found is None:
        raise _no_version()
    if found.resource is None:
        raise Gone(f"{exchange.type}/{exchange.id}")
    return _told(exchange, found.resource)


def _told(exchange: Exchange, resource: Resource) -> Reply:
    number = version_of(resource)
    fields = version_fields(number, resource["meta"]["lastUpdated"])
    if holds(exchange.header(b"if-none-match"), number):
        return Reply(304, None, fields)
    elements = only(exchange.query, "_elements")
    shown = resource if elements is None else subset(resource, elements_of(exchange.type, elements))
    return Reply(200, shown, fields)


def _no_version() -> NotFound:
    return NotFound(
        "There is no such version of that resource here. Its versions are listed at [type]/[id]/_history.",
        "Il n’y a pas de telle version de cette ressource ici. Ses versions sont listées à [type]/[id]/_history.",
    )
