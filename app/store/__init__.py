"""Where resources are kept: one protocol, an embedded SQLite store and a MongoDB store."""
