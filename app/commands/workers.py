"""Several worker processes on one listening socket: uvicorn's supervisor, with a word when all of them serve.

A worker that dies is replaced by a new one, while the others go on. https://uvicorn.dev/deployment/#built-in
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from typing import TYPE_CHECKING, Final

from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from app.commands.figures import forget_figures

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    import uvicorn
    from uvicorn.supervisors.multiprocess import Process

LOGGER = logging.getLogger("dmi")

PATIENCE: Final = 0.5
"""Seconds between two looks at whether a signal came, while workers start."""


class Workers(Multiprocess):
    """`announce` is called once, when all workers serve."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket], announce: Callable[[], None]) -> None:
        super().__init__(config, sockets)
        self._announce = announce

    @property
    def failed(self) -> bool:
        """Whether a worker could not start at all, so that a new one could not either."""
        return any(worker.exitcode == STARTUP_FAILURE for worker in self.processes)

    def init_processes(self) -> None:
        """Uvicorn's hook: start all of them."""
        # Ctrl-C reaches the workers too, which could not yet take it calmly; until they can, it is the supervisor's.
        interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
        super().init_processes()
        signal.signal(signal.SIGINT, interrupted)
        if all(self._serves(worker) for worker in self.processes):
            self._announce()

    def terminate_all(self) -> None:
        """Uvicorn's hook: nobody may come any more, also not to wait for workers that have stopped to listen."""
        for listener in self.sockets:
            listener.close()
        super().terminate_all()

    def keep_subprocess_alive(self) -> None:
        """Uvicorn's hook, every half second."""
        before = list(self.processes)
        super().keep_subprocess_alive()
        for dead in before:
            if dead not in self.processes:
                LOGGER.error("worker %s died, another one takes its place", dead.pid)
                forget_figures(dead.pid)

    def _serves(self, worker: Process) -> bool:
        """Wait until a worker serves; False where it ends, or a signal comes first."""
        while worker.process.is_alive() and not self.signal_queue:
            if worker.wait_until_ready(PATIENCE):
                return True
        return False


def stop_with_supervisor() -> None:
    """Have this worker stop when its supervisor is gone, even if that was killed: nobody would stop it any more."""
    supervisor = multiprocessing.parent_process()
    if supervisor is None:
        return

    def wait() -> None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()
