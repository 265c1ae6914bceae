"""What the commands of `dmi-graph` do."""
