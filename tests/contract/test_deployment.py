"""Dockerfile and docker-compose.yml fit each other and the product. No Docker engine takes part: they are parsed."""

from __future__ import annotations

import re
import subprocess
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

import pytest

from app.errors import SettingsError
from app.settings import SETTINGS, read_settings
from tests.contract.deployment import APP, COMPOSE, SERVICES, image_environment, instructions, probes, stages, texts
from tests.contract.operations import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ONCE: Final = {"mongodb-init"}
"""Services that end."""

PINNED: Final = re.compile(r"[a-z][a-z0-9./-]*:\d+\.\d+\.\d+(-[a-z0-9]+)*")
SECRET: Final = re.compile(r"/run/secrets/(\w+)")
TOKENS: Final = {"DMI_JWT_ISSUER": "https://i", "DMI_JWT_AUDIENCE": "dmi", "DMI_JWT_KEYS": "https://i/keys"}


def started(**given: str) -> dict[str, str]:
    """The environment of the application where that is in .env."""
    assert [each["path"] for each in APP["env_file"]] == [".env"]
    composed = {name: interpolated(value, given) for name, value in APP["environment"].items()}
    return {**image_environment(), **given, **composed}


def interpolated(value: str, given: Mapping[str, str]) -> str:
    """As Compose does it: https://docs.docker.com/reference/compose-file/interpolation/"""
    return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: given.get(found[1]) or found[2], value)


def test_every_image_is_of_one_release() -> None:
    named = {name for stage in stages() for kind, rest in stage if kind == "FROM" for name in rest.split()[2:3]}
    images = [rest.split()[0] for stage in stages() for kind, rest in stage if kind == "FROM"]
    images += [service["image"] for service in SERVICES.values() if "build" not in service]
    assert [image for image in images if image not in named and not PINNED.fullmatch(image)] == []
    assert {image.partition(":")[0] for image in images} == {"node", "python", "mongo"}


def test_the_image_that_runs_holds_neither_compiler_nor_npm_nor_root() -> None:
    last = stages()[-1]
    assert [rest.split()[0] for kind, rest in last if kind == "FROM"] == [
        rest.split()[0] for kind, rest in stages()[-2] if kind == "FROM"
    ]
    users = [rest for kind, rest in last if kind == "USER"]
    assert users
    assert users[-1] not in ("root", "0")
    assert not any("apt" in rest or "pip" in rest for kind, rest in last if kind == "RUN")


def test_what_the_image_is_made_of_is_sent_to_docker() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"]
    copied = [
        source
        for kind, rest in instructions()
        if kind == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    ]
    assert [source for source in copied if PurePosixPath(source).parts[0] not in kept] == []
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_every_setting_that_is_used_is_one() -> None:
    known = {setting.name for setting in SETTINGS}
    used = {*image_environment(), *APP["environment"]}
    assert {name for name in used if name != "PATH"} <= known
    assert set(re.findall(r"\$\{(\w+)", str(list(texts(COMPOSE))))) <= known


def test_it_starts_with_the_issuer_of_the_tokens(tmp_path: Path) -> None:
    uri = tmp_path / "uri"
    uri.write_text("mongodb://dmi:p@mongodb:27017/dmi?authSource=admin&replicaSet=dmi", encoding="utf-8")
    settings = read_settings({**started(**TOKENS, DMI_HOSTS="dmi.example"), "MONGODB_URI_FILE": str(uri)})
    assert settings.store.startswith("mongodb://dmi:")
    assert settings.workers == 2
    assert settings.tokens
    assert {"127.0.0.1", "dmi.example"} <= set(settings.hosts)


def test_it_starts_open_only_when_told_twice() -> None:
    for given in ({}, {"DMI_AUTH": "off"}):
        with pytest.raises(SettingsError):
            read_settings({**started(**given), "DMI_STORE": "memory:", "DMI_WORKERS": "1"})
    told = started(DMI_AUTH="off", DMI_ALLOW_OPEN="1")
    assert read_settings({**told, "DMI_STORE": "memory:", "DMI_WORKERS": "1"}).tokens is None


def test_one_port_is_published_on_loopback_and_it_is_the_servers() -> None:
    [published] = APP["ports"]
    port = started(**TOKENS)["DMI_PORT"]
    assert published.startswith("127.0.0.1:")
    assert published.endswith(f":{port}")
    assert [rest for kind, rest in stages()[-1] if kind == "EXPOSE"] == [port] == [image_environment()["DMI_PORT"]]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["app"]


def test_every_service_that_stays_tells_how_it_is() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == ONCE
    assert "/health'" in probes()["image"]
    assert "/ready'" in probes()["compose"]


def test_services_wait_for_those_that_can_be_waited_for() -> None:
    for service in SERVICES.values():
        for name, awaited in service.get("depends_on", {}).items():
            if awaited["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[name]
            if awaited["condition"] == "service_completed_successfully":
                assert name in ONCE


def test_secrets_are_files_and_come_to_those_who_read_them() -> None:
    script = (ROOT / "scripts" / "mongodb-init.js").read_text(encoding="utf-8")
    read = {name: set(SECRET.findall(" ".join(texts(service)))) for name, service in SERVICES.items()}
    read["mongodb-init"] = set(re.findall(r"secret\('(\w+)'\)", script))
    assert {name: set(service.get("secrets", ())) for name, service in SERVICES.items()} == read
    assert {name: each["file"] for name, each in COMPOSE["secrets"].items()} == {
        name: f"./secrets/{name}" for name in set().union(*read.values())
    }
    assert "secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert not re.search(r"(?i)password: |mongodb://", "\n".join(texts(COMPOSE)))


def test_volumes_and_networks_that_are_used_are_declared() -> None:
    mounts = [mount.partition(":")[0] for service in SERVICES.values() for mount in service.get("volumes", ())]
    assert {name for name in mounts if not name.startswith("./")} == COMPOSE["volumes"].keys()
    assert all((ROOT / name).exists() for name in mounts if name.startswith("./"))
    assert {name for service in SERVICES.values() for name in service["networks"]} == COMPOSE["networks"].keys()
    assert SERVICES["mongodb"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_the_application_changes_nothing_of_its_image_and_gains_no_rights() -> None:
    assert APP["read_only"] is True
    assert APP["cap_drop"] == ["ALL"]
    assert APP["security_opt"] == ["no-new-privileges:true"]
    assert "volumes" not in APP  # it keeps nothing: any number of it may run


def test_mongodb_is_a_replica_set_with_a_key_file() -> None:
    command = SERVICES["mongodb"]["command"]
    assert {"--replSet", "--keyFile"} <= set(command)
    assert SERVICES["mongodb"]["image"] == SERVICES["mongodb-init"]["image"]
    bash, option, line, _ = SERVICES["mongodb"]["entrypoint"]
    assert command[command.index("--keyFile") + 1] in line
    assert subprocess.run([bash, "-n", option, line], check=False).returncode == 0
