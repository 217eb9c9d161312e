"""Chunks looked at by workers of Dask: processes of this machine, or a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import islice
from math import ceil
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from hemml.errors import HemmlError
from hemml.screening.connecting import connected, local_cluster, require_dask, require_same_hemml
from hemml.screening.engine import own_peak_memory_MB
from hemml.screening.found import Found
from hemml.screening.job import Job
from hemml.screening.parcel import Parcel

if TYPE_CHECKING:
    from distributed import Client, Future, as_completed

TASKS_A_THREAD: Final = 2
"""Tasks in flight for each thread of the workers: one runs, one waits at hand."""
RESULTS_A_SECOND: Final = 50.0
"""Most results that this process wants to join; on many workers tasks take several chunks."""
DEATHS: Final = 3
"""How often a task may be tried again after Dask gave it up because workers died under it."""
PATIENCE_SECONDS: Final = 60.0
"""How long to wait for a worker when there is none."""
_POLL_SECONDS: Final = 0.01
_CENSUS_SECONDS: Final = 2.0


class Cluster:
    """Workers of Dask; a context manager that opens them and closes what it opened.

    Attributes:
        job: The screening.
        patience_seconds: How long to wait for a worker when there is none.
    """

    def __init__(self, job: Job, models: Path, connect: Callable[[ExitStack], Client], *, local: bool) -> None:
        self.job = job
        self.patience_seconds = PATIENCE_SECONDS
        self._models = models
        self._connect = connect
        self._local = local
        self._opened = ExitStack()
        self._client: Client
        self._name = ""
        self._threads = 0

    @classmethod
    def local(cls, job: Job, models: Path, *, workers: int) -> Self:
        """Processes of this machine, of one thread each, that nothing outside of it can reach.

        Args:
            job: The screening.
            models: Folder of its bundles.
            workers: Processes.

        Raises:
            InputError: Dask is not installed.
        """
        require_dask()
        return cls(job, models, lambda stack: local_cluster(stack, workers), local=True)

    @classmethod
    def at(cls, address: str, job: Job, models: Path, *, seconds: float = 10.0) -> Self:
        """The workers of a scheduler that runs already, and that stays.

        Args:
            address: Of the scheduler, such as tcp://host:8786.
            job: The screening.
            models: Folder of its bundles.
            seconds: How long to wait for the scheduler, and for a first worker.

        Raises:
            InputError: Dask is not installed.
        """
        require_dask()
        return cls(job, models, lambda stack: connected(stack, address, seconds), local=False)

    def __enter__(self) -> Self:
        """Connect, and have the bundles loaded by each worker.

        Raises:
            InputError: The scheduler cannot be reached, has no worker, or another hemml runs there.
        """
        with ExitStack() as stack:
            self._client = self._connect(stack)
            require_same_hemml(self._client)
            self._send_bundles(stack)
            self._threads = sum(self._client.nthreads().values())
            self._opened = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what was opened."""
        self._opened.close()

    def _send_bundles(self, stack: ExitStack) -> None:
        from hemml.screening.worker_plugin import Bundles

        plugin = Bundles(Parcel.of(self.job, self._models), local=self._local)
        self._name = plugin.name
        if not self._local:
            stack.callback(self._forget_bundles)
        self._client.register_plugin(plugin)

    def _forget_bundles(self) -> None:
        with suppress(OSError, ValueError):  # the scheduler is gone, or has forgotten them
            self._client.unregister_worker_plugin(self._name)

    def results(self, chunks: Iterable[int]) -> Iterator[tuple[Sequence[int], Found]]:
        """See `Engine.results`.

        Raises:
            HemmlError: The workers are gone and none comes back, or die again and again.
        """
        from distributed import as_completed

        left = iter(chunks)
        tasks = _Tasks(self._client, self._name, as_completed(loop=self._client.loop, with_results=True))
        tasks.completed.raise_errors = False
        size = 1
        try:
            while True:
                while len(tasks) < TASKS_A_THREAD * max(self._threads, 1) and (some := tuple(islice(left, size))):
                    tasks.start(some)
                    size = min(size, self._fair_share(some[-1]))
                if not len(tasks):
                    return
                for done, (found, seconds) in tasks.finished(self._take_census):
                    size = self._size(seconds / len(done), done[-1])
                    yield done, found
        finally:
            tasks.cancel()

    def _size(self, seconds_a_chunk: float, last: int) -> int:
        """Chunks of a task, so that results do not come faster than they are joined."""
        wanted = ceil(self._threads / RESULTS_A_SECOND / max(seconds_a_chunk, 1e-3))
        return max(1, min(wanted, self._fair_share(last)))

    def _fair_share(self, last: int) -> int:
        """Most chunks of a task such that no worker still has many when the others have none."""
        left = self.job.chunks - last - 1
        return max(1, left // (2 * TASKS_A_THREAD * max(self._threads, 1)))

    def _take_census(self, lonely_seconds: float) -> bool:
        """Count threads of workers; whether there are any.

        Raises:
            HemmlError: There has been none for too long.
        """
        try:
            self._threads = sum(self._client.nthreads().values())
        except OSError:  # the scheduler does not answer
            self._threads = 0
        if not self._threads and lonely_seconds > self.patience_seconds:
            raise HemmlError(
                f"workers of the cluster must be at least one, got none for {self.patience_seconds:g} s; look at their "
                "messages (most often they ran out of memory or time), start some, and go on with --resume"
            )
        return self._threads > 0

    def peak_memory_MB(self) -> float:
        """See `Engine.peak_memory_MB`; workers of other machines are left out."""
        own = own_peak_memory_MB()
        return own + sum(self._client.run(own_peak_memory_MB).values()) if self._local else own


class _Tasks:
    """Tasks in flight."""

    def __init__(self, client: Client, name: str, completed: as_completed) -> None:
        self.completed = completed
        self._client = client
        self._name = name
        self._run = uuid4().hex
        self._waiting: dict[str, tuple[Future, tuple[int, ...], int]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def start(self, chunks: tuple[int, ...], deaths: int = 0) -> None:
        """Have some chunks looked at."""
        from hemml.screening.worker_plugin import look

        key = f"hemml-{self._run}-{chunks[0]}-{deaths}"
        future = self._client.submit(look, self._name, chunks, key=key, pure=False)
        self._waiting[key] = future, chunks, deaths
        self.completed.add(future)

    def finished(self, take_census: Callable[[float], bool]) -> Iterator[tuple[tuple[int, ...], tuple[Found, float]]]:
        """Wait until something is finished, and give it.

        Args:
            take_census: Asked now and then, with the time since there was a worker, s, whether there is one.
        """
        from distributed import KilledWorker

        for future, answer in self._batch(take_census):
            _, chunks, deaths = self._waiting.pop(future.key)
            if future.status == "finished":
                future.release()
                yield chunks, answer
            elif future.status == "error":
                _, error, trace = answer
                if not isinstance(error, KilledWorker):
                    raise error.with_traceback(trace)
                if deaths == DEATHS:
                    raise HemmlError(
                        f"chunks {chunks[0]} to {chunks[-1]}: workers died under them again and again, the last was "
                        f"{error.last_worker.address}; look at its messages (most often it ran out of memory), give "
                        "workers more, and go on with --resume"
                    ) from error
                self.start(chunks, deaths + 1)
            else:
                raise HemmlError(
                    "the scheduler of the cluster is gone, or has dropped this screening; start it again with its "
                    "workers, and go on with --resume"
                )

    def _batch(self, take_census: Callable[[float], bool]) -> list[Any]:
        seen = asked = time.monotonic()
        while not (batch := self.completed.next_batch(block=False)):
            time.sleep(_POLL_SECONDS)
            now = time.monotonic()
            if now - asked > _CENSUS_SECONDS:
                seen = now if take_census(now - seen) else seen
                asked = now
        return list(batch)

    def cancel(self) -> None:
        """Give up what is not finished."""
        self._client.cancel([future for future, _, _ in self._waiting.values()], force=True)
        self._waiting.clear()
