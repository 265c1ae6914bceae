"""What `docker compose up` asks MongoDB for before the application starts; no MongoDB takes part."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.end_to_end.node import found_by, needs

SECRETS = {
    "mongodb_root_password": "a/b\n",
    "mongodb_uri": "mongodb://dmi:p%2Fw@mongodb:27017/records?authSource=admin&replicaSet=dmi\n",
}
CONNECT = "mongodb://root:a%2Fb@mongodb:27017/admin?directConnection=true"
ROLES = [{"role": "readWrite", "db": "records"}]


@pytest.fixture(autouse=True)
def node() -> None:
    needs()


def asked(**state: Any) -> list[Any]:
    given = {"secrets": SECRETS, "initiated": False, "users": [], "refused": 0, **state}
    found: list[Any] = found_by("mongodb_init.mjs", json.dumps(given))
    return found


def test_a_first_start_makes_the_replica_set_and_the_user() -> None:
    initiate = {"replSetInitiate": {"_id": "dmi", "members": [{"_id": 0, "host": "mongodb:27017"}]}}
    create = {"createUser": "dmi", "pwd": "p/w", "roles": ROLES}
    assert asked(refused=2) == [CONNECT] * 3 + [initiate, {"usersInfo": "dmi"}, create]


def test_a_later_start_gives_the_user_the_password_of_the_file() -> None:
    update = {"updateUser": "dmi", "pwd": "p/w", "roles": ROLES}
    assert asked(initiated=True, users=["dmi"]) == [CONNECT, {"usersInfo": "dmi"}, update]


def test_an_address_that_cannot_work_is_told_before_anything_is_asked() -> None:
    with pytest.raises(AssertionError, match="secrets/mongodb_uri must be"):
        asked(secrets={**SECRETS, "mongodb_uri": "mongodb://dmi:p@mongodb:27017/records"})
