"""The entries of a transaction, read: what is to be done with which resource.

An entry is routed by the type of its resource: the guide's examples have names such as `DMIPatient` in `request.url`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from app.errors import Issue, RequestError
from app.fhir.elements import is_resource_type
from app.fhir.reference import ID, Target, parse
from app.fhir.served import SERVED
from app.intake.condition import Condition, condition
from app.intake.current import expected_version
from app.intake.transaction.problems import problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.fhir.resource import Json, Resource
    from app.intake.current import Expected
    from app.intake.identity import NewId

Method = Literal["POST", "PUT", "DELETE"]

METHODS: Final[tuple[Method, ...]] = ("DELETE", "PUT", "POST")
"""In the order in which they are done: who frees an identifier comes before who takes it."""

CONDITIONS: Final[Mapping[Method, str]] = {"POST": "ifNoneExist", "PUT": "ifMatch", "DELETE": "ifMatch"}
"""The condition that an entry may have. The others say when not to do it, so that they must not be passed over."""

_REFUSED: Final = ("ifMatch", "ifNoneExist", "ifNoneMatch", "ifModifiedSince")


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry asks for: its resource is to be `type`/`id`; None is to be deleted.

    `condition` is that of ifNoneExist, `expected` that of ifMatch."""

    index: int
    method: Method
    type: str
    id: str
    resource: Resource | None
    full_url: str = ""
    condition: Condition | None = None
    expected: Expected = None

    @property
    def path(self) -> str:
        """Where the entry stands."""
        return f"Bundle.entry[{self.index}]"

    @property
    def place(self) -> str:
        """Type/id."""
        return f"{self.type}/{self.id}"


class Unusable(Exception):
    """An entry that cannot be understood, and why."""

    def __init__(self, *issues: Issue) -> None:
        super().__init__()
        self.issues = issues


def read_entries(bundle: Resource, new_id: NewId, base: str) -> tuple[list[Entry], list[Issue]]:
    """The entries of a Bundle that R4 accepts, and what is wrong with the others. `base` is this server's address."""
    entries: list[Entry] = []
    issues: list[Issue] = []
    for index, given in enumerate(bundle.get("entry", ())):
        try:
            entries.append(_read(index, given, new_id, base))
        except Unusable as unusable:
            issues += unusable.issues
    return entries, [*issues, *_repeated(entries)]


def _read(index: int, given: Resource, new_id: NewId, base: str) -> Entry:
    path, request = f"Bundle.entry[{index}]", given["request"]
    method = next((each for each in METHODS if each == request["method"]), None)
    if method is None:
        raise Unusable(problem("entry-method", f"{path}.request.method"))
    url = parse(str(request.get("url")))
    if method != "POST" and isinstance(url, Target) and (url.base not in ("", base) or url.version):
        raise Unusable(problem("entry-target", f"{path}.request.url"))
    target = url if isinstance(url, Target) and (is_resource_type(url.type) or method == "PUT") else None
    full_url = str(given.get("fullUrl", ""))
    if method == "DELETE":
        if target is None or target.type not in SERVED:
            raise Unusable(problem("entry-target", f"{path}.request.url"))
        entry = Entry(index, method, target.type, target.id, None, full_url)
    else:
        resource = _resource(path, given)
        id_ = new_id(resource) if method == "POST" else _updated_id(path, resource, target)
        entry = Entry(index, method, resource["resourceType"], id_, resource, full_url)
    return _with_conditions(entry, request, base)


def _resource(path: str, given: Resource) -> Resource:
    resource: Resource | None = given.get("resource")
    if resource is None:
        raise Unusable(problem("entry-resource", f"{path}.resource"))
    if resource["resourceType"] not in SERVED:
        raise Unusable(problem("entry-type", f"{path}.resource"))
    return resource


def _updated_id(path: str, resource: Resource, target: Target | None) -> str:
    """The id that a PUT is about: that of its url, else that of the resource."""
    own = resource.get("id")
    other_type = target is not None and is_resource_type(target.type) and target.type != resource["resourceType"]
    if target and (other_type or own not in (None, target.id)):
        raise Unusable(problem("entry-agreement", f"{path}.request.url"))
    id_ = target.id if target else own
    if not isinstance(id_, str) or not ID.fullmatch(id_):
        raise Unusable(problem("entry-target", f"{path}.request.url"))
    return id_


def _with_conditions(entry: Entry, request: Resource, base: str) -> Entry:
    path, name = f"{entry.path}.request", CONDITIONS[entry.method]
    if refused := [each for each in _REFUSED if each in request and each != name]:
        raise Unusable(*(problem("entry-condition", f"{path}.{each}") for each in refused))
    asked = request.get(name)
    try:
        if entry.method != "POST":
            return replace(entry, expected=expected_version(asked, f"{path}.{name}"))
        return replace(entry, condition=condition(entry.type, asked, base)) if isinstance(asked, str) else entry
    except RequestError as error:
        raise Unusable(*(replace(issue, expression=f"{path}.{name}") for issue in error.issues)) from None


def _repeated(entries: Sequence[Entry]) -> Iterator[Issue]:
    places: set[str] = set()
    urls: set[str] = set()
    for entry in entries:
        identity = entry.condition.name if entry.condition else entry.place
        if identity in places:
            yield problem("entry-twice", entry.path)
        if entry.full_url and entry.full_url in urls:
            yield problem("entry-full-url", f"{entry.path}.fullUrl")
        places.add(identity)
        urls.add(entry.full_url)


def entry_path(value: Json) -> str:
    """Where an issue's expression stands: Bundle.entry[3] of Bundle.entry[3].resource.status, else Bundle."""
    head, bracket, rest = str(value).partition("]")
    return head + bracket if head.startswith("Bundle.entry[") and bracket and rest[:1] in ("", ".") else "Bundle"
