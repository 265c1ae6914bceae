"""What prevents a start."""

from __future__ import annotations

from app.errors.issue import DmiError


class StoreUnusable(DmiError):
    """The store cannot be opened at all."""

    code = "exception"


class SettingsError(DmiError):
    """A setting has a value that cannot work; the message names it and says what to set."""

    code = "exception"
