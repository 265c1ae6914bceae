"""Settings: one table of name, default and help (`table`), what values may be (`values`), and the typed result
(`reading`)."""

from app.settings.reading import Settings, TokenSettings, all_of, misspelt, read_settings
from app.settings.table import SETTINGS, Setting
from app.settings.values import is_loopback

__all__ = ["SETTINGS", "Setting", "Settings", "TokenSettings", "all_of", "is_loopback", "misspelt", "read_settings"]
