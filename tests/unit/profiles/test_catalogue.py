from __future__ import annotations

import pytest

from app.errors import SettingsError
from app.profiles import DEFAULTS, defaults_from, load_profiles
from tests.builders import DMI_PROCEDURE


def test_every_profile_of_the_package_is_loaded_by_its_url() -> None:
    assert load_profiles()[DMI_PROCEDURE].id == "dmi-procedure"


@pytest.mark.parametrize("setting", ["", " ", ","])
def test_nothing_set_leaves_the_defaults_of_the_product(setting: str) -> None:
    assert defaults_from(setting, load_profiles()) == DEFAULTS


def test_base_takes_the_default_profile_of_a_type_off() -> None:
    assert defaults_from("Procedure=base", load_profiles()) == {"Procedure": ()}


@pytest.mark.parametrize("name", ["dmi-procedure", DMI_PROCEDURE])
def test_a_profile_is_named_by_id_or_by_url(name: str) -> None:
    assert defaults_from(f" Procedure = {name} ", load_profiles()) == {"Procedure": (DMI_PROCEDURE,)}


@pytest.mark.parametrize(
    "setting",
    [
        "Procedure",
        "Procedure=",
        "=base",
        "procedure=base",
        "Operation=base",
        "Procedure=unknown",
        "Device=dmi-procedure",
    ],
)
def test_what_cannot_work_is_a_settings_error_that_names_the_setting(setting: str) -> None:
    with pytest.raises(SettingsError, match="DMI_PROFILES"):
        defaults_from(setting, load_profiles())
