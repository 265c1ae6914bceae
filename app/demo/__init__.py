"""Example data: the guide's own examples and a synthetic French hospital. Pure."""
