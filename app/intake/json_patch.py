"""JSON Patch on a resource: RFC 6902 by the library `jsonpatch`, within bounds, and told without any value.

Source: https://www.rfc-editor.org/rfc/rfc6902
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final

from jsonpatch import JsonPatch, JsonPatchException, JsonPatchTestFailed
from jsonpointer import JsonPointer, JsonPointerException

from app.errors import PreconditionFailed, RequestError, TooCostly
from app.fhir.json import decode_strict

if TYPE_CHECKING:
    from app.fhir.resource import Json, Resource

MOST_OPERATIONS: Final = 1_000
MOST_COPIED: Final = 100_000
"""Values that the `copy` operations of a patch may copy; each can double the resource. A text counts as one for every
hundred characters: copies share it, but what is stored and sent does not."""

_FIXED: Final = ("resourceType", "id")
_RULE: Final = "json-patch"
_REMEDY: Final = (
    "Give a list of operations with op (add, remove, replace, move, copy or test), path as a JSON Pointer, and value "
    "or from as the op needs it.",
    "Donnez une liste d’opérations avec op (add, remove, replace, move, copy ou test), path sous forme de JSON "
    "Pointer, et value ou from selon op.",
)


def read_patch(sent: Json) -> list[Json]:
    """The operations of a patch, given as a list or as its JSON text. Raises MalformedJson, RequestError, TooCostly."""
    patch = decode_strict(sent) if isinstance(sent, str | bytes) else sent
    if not isinstance(patch, list):
        raise RequestError(
            f"The patch is not a JSON Patch. {_REMEDY[0]}",
            f"Le patch n’est pas un JSON Patch. {_REMEDY[1]}",
            expression="patch",
            rule=_RULE,
        )
    if len(patch) > MOST_OPERATIONS:
        raise TooCostly(
            f"The patch has more than {MOST_OPERATIONS} operations. Split it, or send the whole resource as an update.",
            f"Le patch comporte plus de {MOST_OPERATIONS} opérations. Divisez-le, ou envoyez la ressource entière.",
            expression="patch",
            rule=_RULE,
        )
    return patch


def patched(resource: Resource, patch: list[Json]) -> Resource:
    """The resource after all operations; the given one is left as it is.

    Raises PreconditionFailed for a `test` that fails, RequestError for an operation that is malformed or leads nowhere
    and for a change of id or resourceType, TooCostly; each names the operation by its index."""
    result: Json = copy.deepcopy(resource)
    copied = 0
    for index, operation in enumerate(patch):
        try:
            copied += _copies(result, operation)
            if copied > MOST_COPIED:
                raise _too_large(index)
            result = JsonPatch([copy.deepcopy(operation)]).apply(result, in_place=True)
        except JsonPatchTestFailed:
            raise _untrue(index) from None
        except (JsonPatchException, JsonPointerException, LookupError, TypeError, AttributeError, RecursionError):
            raise _unusable(index) from None
    if not isinstance(result, dict) or any(result.get(name) != resource.get(name) for name in _FIXED):
        raise RequestError(
            "A patch cannot change id or resourceType. Leave them as they are; a new id needs a new resource.",
            "Un patch ne peut changer ni id ni resourceType. Laissez-les ; un nouvel id veut une nouvelle ressource.",
            expression="patch",
            rule=_RULE,
        )
    return result


def _copies(resource: Json, operation: Json) -> int:
    """How many values a `copy` makes."""
    if not isinstance(operation, dict) or operation.get("op") != "copy":
        return 0
    waiting = [JsonPointer(operation["from"]).resolve(resource)]
    count = 0
    while waiting and count <= MOST_COPIED:
        count += 1
        value = waiting.pop()
        if isinstance(value, dict | list):
            waiting.extend(value.values() if isinstance(value, dict) else value)
        elif isinstance(value, str):
            count += len(value) // 100
    return count


def _untrue(index: int) -> PreconditionFailed:
    return PreconditionFailed(
        f"The test in operation {index} of the patch fails: the stored value is another one. Nothing was stored. Read "
        "the resource again, and repeat the change if it still applies.",
        f"Le test de l’opération {index} du patch échoue : la valeur enregistrée est autre. Rien n’a été enregistré. "
        "Relisez la ressource, et refaites la modification si elle convient encore.",
        expression=f"patch[{index}]",
        rule=_RULE,
    )


def _unusable(index: int) -> RequestError:
    return RequestError(
        f"Operation {index} of the patch cannot be applied: it is malformed, or its path leads nowhere. Nothing was "
        f"stored. {_REMEDY[0]}",
        f"L’opération {index} du patch ne peut être appliquée : elle est mal formée, ou son path ne mène nulle part. "
        f"Rien n’a été enregistré. {_REMEDY[1]}",
        expression=f"patch[{index}]",
        rule=_RULE,
    )


def _too_large(index: int) -> TooCostly:
    return TooCostly(
        f"Up to operation {index} the patch copies more than {MOST_COPIED} values, or as much text. Copy less.",
        f"Jusqu’à l’opération {index}, le patch copie plus de {MOST_COPIED} valeurs, ou autant de texte. Copiez-en "
        "moins.",
        expression=f"patch[{index}]",
        rule=_RULE,
    )
