"""What runs in a worker of Dask: the bundles are loaded once, tasks name chunks and nothing else."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distributed import get_worker
from distributed.diagnostics.plugin import WorkerPlugin

from hemml.errors import HemmlError
from hemml.screening.found import Found
from hemml.screening.parcel import Parcel

if TYPE_CHECKING:
    from hemml.screening.screener import Screener

_thread = threading.local()


class Bundles(WorkerPlugin):  # type: ignore[misc]
    """The screening in a worker; Dask sends it to each worker once, to those that join later too.

    Attributes:
        name: What tasks call it.
        parcel: The screening as it travels.
        local: Whether the worker belongs to the process that sent it.
    """

    idempotent = True

    def __init__(self, parcel: Parcel, *, local: bool) -> None:
        self.name = f"hemml-{parcel.sha256}"
        self.parcel = parcel
        self.local = local
        self.loaded: Future[Screener] | None = None
        self.blas: Any = None

    async def setup(self, worker: Any) -> None:
        """Load the bundles in a thread: the worker's own loop must go on answering."""
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        if self.local:
            # Ctrl-C in a terminal reaches all its processes; ending the workers is for the one that started them.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        pool = ThreadPoolExecutor(1)
        self.loaded = pool.submit(self.parcel.open, Path(worker.local_directory), f"worker {worker.address}")
        pool.shutdown(wait=False)
        await asyncio.wrap_future(self.loaded)
        # Libraries keep to one thread: workers run side by side already.
        self.blas = threadpool_limits(1, user_api="blas")

    def teardown(self, worker: Any) -> None:  # noqa: ARG002  Dask's signature
        """Forget the bundles."""
        self.loaded = None
        if self.blas is not None:
            self.blas.restore_original_limits()

    def look(self, chunk: int) -> tuple[Screener, Found]:
        """What there is in one chunk; an error of `setup` comes back here, of a worker that joined late too."""
        if self.loaded is None:
            raise _ended()
        screener = self.loaded.result()
        return screener, screener.look(chunk)


def look(name: str, chunks: Sequence[int]) -> tuple[Found, float]:
    """The task: what there is in some chunks, and the time it took, s.

    Args:
        name: Of the plugin.
        chunks: One or more.
    """
    began = time.perf_counter()
    plugin = get_worker().plugins.get(name)
    if plugin is None:
        raise _ended()
    if not hasattr(_thread, "openmp"):
        from threadpoolctl import threadpool_limits

        _thread.openmp = threadpool_limits(1, user_api="openmp")  # holds for the thread that asks

    def and_look(found: Found, chunk: int) -> Found:
        screener, part = plugin.look(chunk)
        return screener.join(found, part)  # type: ignore[no-any-return]

    return reduce(and_look, chunks[1:], plugin.look(chunks[0])[1]), time.perf_counter() - began


def _ended() -> HemmlError:
    return HemmlError("the screening was ended by another process that ran the same one; go on with --resume")
