"""How many processors this process may use at once: what the scheduler gives it, within the quota of its container."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")


def cores(quota: Path = _QUOTA) -> int:
    """At least 1. `quota` is cgroup's file "microseconds period" or "max period"; none where there are no cgroups.

    Source: https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files"""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        time, period = quota.read_text(encoding="ascii").split()
        allowed = usable if time == "max" else math.ceil(int(time) / int(period))
    except (OSError, ValueError):
        allowed = usable
    return max(1, min(usable, allowed))
