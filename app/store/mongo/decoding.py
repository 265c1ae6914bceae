"""Documents as the driver decodes them: JSON values at once, so that nobody walks through them a second time.

What is read this way cannot be written back as it is. `documents` tells how JSON's numbers are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from bson import Binary, Decimal128, Int64
from bson.codec_options import CodecOptions, TypeDecoder, TypeRegistry

from app.store.mongo.documents import from_bson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase

    from app.fhir.resource import Json
    from app.store.mongo.documents import Document

Source = TypeVar("Source", "AsyncIOMotorCollection[dict[str, Any]]", "AsyncIOMotorDatabase[dict[str, Any]]")


class _Number(TypeDecoder):
    """Decodes the values of one BSON type as `from_bson` does."""

    def __init__(self, bson_type: type) -> None:
        self._type = bson_type

    @property
    def bson_type(self) -> type:
        return self._type

    def transform_bson(self, value: Any) -> Json:
        return from_bson(value)


JSON: Final[CodecOptions[dict[str, Any]]] = CodecOptions(
    type_registry=TypeRegistry([_Number(Decimal128), _Number(Int64), _Number(Binary)])
)
"""https://www.mongodb.com/docs/languages/python/pymongo-driver/current/data-formats/custom-types/type-codecs/"""


def as_json(source: Source) -> Source:
    """The collection or database, for reading JSON values."""
    return source.with_options(codec_options=JSON)


def projected(elements: Iterable[str] | None) -> Document:
    """The projection that gives these elements of a resource, or all of it; pure.

    A name that is none of FHIR's would be a path or an expression to MongoDB: then it is all of it."""
    names = None if elements is None else sorted(elements)
    if names is None or not all(map(str.isidentifier, names)):
        return {"resource": True}
    return {f"resource.{name}": True for name in names}
