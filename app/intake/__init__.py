"""How resources come in: checked against their profiles, then stored as they were sent."""
