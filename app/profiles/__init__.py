"""Validation: R4 and StructureDefinitions, walked by one generic engine; no rule of a profile is written in code."""

from app.profiles.catalogue import DEFAULTS, defaults_from, load_profiles
from app.profiles.coherence import coherence
from app.profiles.validator import Validator

__all__ = ["DEFAULTS", "Validator", "coherence", "defaults_from", "load_profiles"]
