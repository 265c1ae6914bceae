"""The addresses of FHIR's REST interface. https://hl7.org/fhir/R4/http.html#summary"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.convertors import StringConvertor, register_url_convertor
from starlette.routing import Route

from app.web.rest.history import history
from app.web.rest.reading import read, vread
from app.web.rest.searching import search, search_by_form
from app.web.rest.transaction import transaction
from app.web.rest.view import RestView
from app.web.rest.writing import create, delete, patch, update

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.routing import BaseRoute

    from app.web.rest.exchange import Wiring
    from app.web.rest.view import Interaction


class ResourceType(StringConvertor):
    """The name of a resource type in a path: no operation, and no word of the interface such as `metadata`."""

    regex = "[A-Z][A-Za-z]{1,63}"


register_url_convertor("resource_type", ResourceType())

_TRANSACTION = {"POST": transaction}
_TYPE = "/fhir/{type:resource_type}"
_ADDRESSES: Mapping[str, Mapping[str, Interaction]] = {
    "/fhir": _TRANSACTION,
    "/fhir/": _TRANSACTION,
    f"{_TYPE}/{{id}}": {"GET": read, "PUT": update, "PATCH": patch, "DELETE": delete},
    f"{_TYPE}/{{id}}/_history": {"GET": history},
    f"{_TYPE}/{{id}}/_history/{{version}}": {"GET": vread},
    f"{_TYPE}/_search": {"POST": search_by_form},
    _TYPE: {"GET": search, "POST": create},
}


def rest_routes(wiring: Wiring) -> list[BaseRoute]:
    """Every address with its interactions; another method is answered with 405."""
    return [
        Route(path, RestView(wiring, interactions), methods=list(interactions))
        for path, interactions in _ADDRESSES.items()
    ]
