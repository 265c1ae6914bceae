"""The MongoDB store, on Motor. Nothing outside this folder imports a MongoDB driver."""

from app.store.mongo.store import MongoStore

__all__ = ["MongoStore"]
