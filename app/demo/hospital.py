"""A synthetic French hospital, streamed: any number of procedures in the same small memory.

The stream of a seed is endless; a number of procedures is where it is cut. So the same seed with a larger number starts
with the very same resources, and loading it again adds to what is there. Nobody and nothing in it is real.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from app.demo.courses import Setting, course
from app.demo.lots import Lots
from app.demo.reference_data import hospitals, reference_data
from app.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.fhir.resource import Resource

LARGEST_SEED: Final = 999_999_999


def hospital(procedures: int, seed: int) -> Iterator[Resource]:
    """Organizations, catalogue and staff, then patients with their stays, devices and that many procedures.

    Every resource comes after those it refers to; ids start with the seed. Raises SettingsError at once for a negative
    number or a seed outside 0 to 999,999,999."""
    if procedures < 0:
        raise SettingsError(
            "The number of procedures is negative. Give 0 or more.",
            "Le nombre d’interventions est négatif. Indiquez 0 ou plus.",
        )
    if not 0 <= seed <= LARGEST_SEED:
        raise SettingsError(
            f"The seed is outside 0 to {LARGEST_SEED}. Give a number in that range.",
            f"La graine n’est pas comprise entre 0 et {LARGEST_SEED}. Indiquez un nombre de cet intervalle.",
        )
    return _stream(procedures, seed)


def _stream(procedures: int, seed: int) -> Iterator[Resource]:
    prefix = f"s{seed}"
    yield from reference_data(seed, prefix)
    if not procedures:
        return
    setting = Setting(seed, prefix, hospitals(prefix), Lots(seed))
    left = procedures
    for number in count(1):
        for resource in course(setting, number):
            yield resource
            left -= resource["resourceType"] == "Procedure"
            if not left:
                return
