"""Dockerfile and docker-compose.yml as they are read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import yaml

from tests.contract.operations import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: Final[Mapping[str, dict[str, Any]]] = COMPOSE["services"]
APP: Final = SERVICES["app"]


def instructions() -> list[tuple[str, str]]:
    """(instruction, the rest of it) of the Dockerfile, in order."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines]


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage, the first of which is FROM."""
    found: list[list[tuple[str, str]]] = []
    for each in instructions():
        if each[0] == "FROM":
            found.append([])
        found[-1].append(each)
    return found


def image_environment() -> dict[str, str]:
    """What the image that runs sets."""
    set_ = [rest for name, rest in stages()[-1] if name == "ENV"]
    return dict(pair.partition("=")[::2] for rest in set_ for pair in rest.split())


def texts(value: object) -> Iterator[str]:
    """Every text in a part of docker-compose.yml."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    else:
        yield str(value)


def probes() -> dict[str, str]:
    """What Python runs to learn how the server is, by whom it is asked."""
    [image] = [rest for kind, rest in stages()[-1] if kind == "HEALTHCHECK"]
    in_image: list[str] = json.loads(image.partition("CMD ")[2])
    composed: list[str] = APP["healthcheck"]["test"]
    assert (in_image[:2], composed[:3]) == (["python", "-c"], ["CMD", "python", "-c"])
    return {"image": in_image[2], "compose": composed[3]}
