"""Chance that repeats: every generator is made from the seed and the name of what it decides, and shared by nothing."""

from __future__ import annotations

from random import Random


def chance(*name: object) -> Random:
    """A generator of its own for `chance(seed, "patient", 17)`: the same name always draws the same values."""
    return Random("/".join(map(str, name)))  # noqa: S311 - example data; nothing here is secret
