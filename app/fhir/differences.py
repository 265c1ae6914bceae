"""What differs between two versions of a resource, path by path.

Made by the library jsonpatch, which writes the difference of two JSON values as the operations of RFC 6902. It matches
the items of lists first, so that one that is put in front of others does not show all of them as changed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from jsonpatch import JsonPatch

from app.fhir.json import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.fhir.resource import Json, Resource

Operation: TypeAlias = Literal["add", "remove", "replace"]

STAMP: Final = ("versionId", "lastUpdated")
"""What differs in `meta` between any two versions, and is no change."""

_INDEX: Final = re.compile(r"[0-9]{1,9}")  # no name of an element begins with a digit


class Difference(NamedTuple):
    """A value that one version has at a path and the other one has not, or has another one.

    `path` is FHIRPath with indexes: of the later version, but where a value was removed of the earlier one. What a
    primitive has beside its value is named as FHIRPath has it: `Patient.birthDate.extension[0]`."""

    path: str
    operation: Operation
    before: Json
    after: Json


def differences(earlier: Resource | None, later: Resource | None) -> list[Difference]:
    """What differs, in the order of the documents; None is a version that is not there, or a tombstone.

    Even the digits of a decimal count: 1.0 is not 1.00. The order of an object's members does not."""
    if earlier is None or later is None:
        return list(_whole(earlier, later))
    patch = JsonPatch.from_diff(
        _content(earlier), _content(later), optimization=False, dumps=_text, generate_test_ops=True
    )
    return list(_read(patch, str(later.get("resourceType", ""))))


def effort(value: Json, lists: int = 0) -> int:
    """What comparing a document takes at most: a value counts once, and once more for each list it stands in, because
    whole items are compared to match them."""
    if isinstance(value, dict):
        return 1 + lists + sum(effort(member, lists) for member in value.values())
    if isinstance(value, list):
        return 1 + lists + sum(effort(item, lists + 1) for item in value)
    return 1 + lists


def _whole(earlier: Resource | None, later: Resource | None) -> Iterator[Difference]:
    if resource := later or earlier:
        yield Difference(str(resource.get("resourceType", "")), "add" if later else "remove", earlier, later)


def _text(value: Json) -> str:
    return encode(value).decode()


def _content(resource: Resource) -> Resource:
    meta = resource.get("meta")
    if not isinstance(meta, dict):
        return resource
    return {**resource, "meta": {name: value for name, value in meta.items() if name not in STAMP}}


def _read(patch: Iterable[Mapping[str, Json]], root: str) -> Iterator[Difference]:
    """The operations of a patch, each `test` of which tells the value that the next one takes away.

    They come in the order of the lists, so the index in each is that of the later version already. How far the earlier
    index of what follows is off, is counted for each list."""
    shifts: dict[str, int] = {}
    before: Json = None
    for each in patch:
        operation, pointer = each["op"], each["path"]
        if operation == "test":
            before = each["value"]
            continue
        after = each.get("value")
        yield Difference(_path(root, pointer, shifts if operation == "remove" else {}), operation, before, after)
        above, _, last = pointer.rpartition("/")
        if operation != "replace" and _INDEX.fullmatch(last):
            shifts[above] = shifts.get(above, 0) + (1 if operation == "remove" else -1)
        before = None


def _path(root: str, pointer: str, shifts: Mapping[str, int]) -> str:
    """FHIRPath of a JSON Pointer."""
    path, above = root, ""
    for part in pointer.split("/")[1:]:
        is_index = _INDEX.fullmatch(part)
        path += f"[{int(part) + shifts.get(above, 0)}]" if is_index else f".{part.removeprefix('_')}"
        above += f"/{part}"
    return path
