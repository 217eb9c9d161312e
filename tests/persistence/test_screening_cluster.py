"""A screening on workers of Dask: a scheduler with two, one of which is killed, and processes of this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hemml.active.space import DesignSpace
from hemml.data import resource_path
from hemml.errors import HemmlError, InputError
from hemml.models.prediction import Predictor
from hemml.models.voltage_prior import VoltagePrior
from hemml.screening import connecting
from hemml.screening.distributed import Cluster
from hemml.screening.engine import Engine, Threads, own_peak_memory_MB
from hemml.screening.estimate import warm_up
from hemml.screening.found import Found
from hemml.screening.job import Job
from hemml.screening.output import write_parquet
from hemml.screening.result import result_of
from hemml.screening.run import run
from hemml.screening.screener import Screener
from hemml.screening.settings import Settings

MODELS = resource_path("models", "default")
PLUGIN_STARTS = "Starting Worker plugin hemml-"
"""Dask logs this each time that a worker receives the bundles."""


@dataclass
class Dask:
    """A scheduler with its workers, each with a nanny that starts it again when it dies."""

    address: str
    logs: tuple[Path, ...]
    workers: tuple[subprocess.Popen[bytes], ...]

    def loads(self) -> int:
        return sum(log.read_text().count(PLUGIN_STARTS) for log in self.logs)


def dask(log: Path, *arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dask", *map(str, arguments), "--no-dashboard"]
    with log.open("wb") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)


def scheduler_at(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    about = folder / "scheduler.json"
    process = dask(folder / "scheduler.log", "scheduler", "--host", "127.0.0.1", "--port", 0, "--scheduler-file", about)
    wait_until(lambda: about.exists() and about.read_text().endswith("}"), 120)
    return process, json.loads(about.read_text())["address"]


def end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # the nanny's worker too
    process.wait()


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "took too long"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    """Shared: the last test ends the workers."""
    folder = tmp_path_factory.mktemp("dask")
    logs = (folder / "a.log", folder / "b.log")
    with ExitStack() as stack:
        scheduler, address = scheduler_at(folder)
        stack.callback(end, scheduler)
        workers = []
        for log in logs:
            worker = dask(log, "worker", address, "--nthreads", 1, "--local-directory", folder, "--host", "127.0.0.1")
            stack.callback(end, worker)
            workers.append(worker)
        yield Dask(address, logs, tuple(workers))


@pytest.fixture(scope="module")
def screener() -> Screener:
    predictor = Predictor.load(MODELS)
    space = DesignSpace.load(resource_path("configs", "spaces") / "zn_vanadate.yaml")
    job = replace(Job.of(space, Settings(top=50, pareto=True, limit=15_000), predictor), chunk_ranks=250)
    screener = Screener.of(job, predictor)
    warm_up(screener)
    return screener


@pytest.fixture(scope="module")
def serial(screener: Screener) -> Found:
    return run(screener, Threads(screener, 1)).found


def parquet(screener: Screener, found: Found, path: Path) -> bytes:
    result = result_of(screener, found)
    write_parquet(path, result.frame, result.provenance)
    return path.read_bytes()


def kill_one_worker(address: str) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        pids = client.run(os.getpid)
    os.kill(min(pids.values()), signal.SIGKILL)


@dataclass
class Spied:
    """An engine during whose work something happens."""

    engine: Engine
    after: int
    happens: Callable[[], None]

    def results(self, chunks: Iterable[int]) -> Iterator[tuple[Sequence[int], Found]]:
        for number, result in enumerate(self.engine.results(chunks)):
            if number == self.after:
                self.happens()
            yield result

    def peak_memory_MB(self) -> float:
        return self.engine.peak_memory_MB()


def test_a_killed_worker_changes_nothing_and_bundles_travel_once_a_worker(
    cluster: Dask, screener: Screener, serial: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client

    tasks: list[str] = []
    submit = Client.submit

    def spied(self: Client, function: object, *arguments: object, **options: object) -> object:
        tasks.append(json.dumps(arguments))
        return submit(self, function, *arguments, **options)

    monkeypatch.setattr(Client, "submit", spied)
    loads: list[int] = []

    def happens() -> None:
        loads.append(cluster.loads())
        kill_one_worker(cluster.address)

    with Cluster.at(cluster.address, screener.job, MODELS, seconds=120) as engine:
        wait_until(lambda: cluster.loads() == 2, 120)
        found = run(screener, Spied(engine, 15, happens)).found
        assert loads == [2]
        # its nanny starts it again, and what joins late is sent the bundles too, once
        wait_until(lambda: cluster.loads() == 3, 120)
    numbers = [json.loads(task)[1] for task in tasks]  # beside the name of the plugin
    assert {number for some in numbers for number in some} == {*range(screener.job.chunks)}
    assert found.looked_at == serial.looked_at
    assert found.kept == serial.kept
    written, expected = (parquet(screener, one, tmp_path / "o.parquet") for one in (found, serial))
    assert written == expected
    with Client(cluster.address, set_as_default=False) as client:
        left = client.run_on_scheduler(lambda dask_scheduler: [*dask_scheduler.worker_plugins])
    assert not [name for name in left if name.startswith("hemml")]


@pytest.mark.parametrize("what", ["voltage prior", "hemml", "screening"])
def test_another_hemml_or_other_bundles_on_the_workers_are_refused(
    cluster: Dask, screener: Screener, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = screener.job
    if what == "voltage prior":
        other = replace(VoltagePrior.load(), sha256="0" * 64)
        monkeypatch.setattr(VoltagePrior, "load", lambda folder=None: other)
    elif what == "hemml":
        monkeypatch.setattr(connecting, "__version__", "0.0")
    else:
        job = replace(job, models={**job.models, "retention_pct": "0" * 64})
    with (
        pytest.raises(InputError, match=f"{what} must be .* got .*; install the same hemml on all machines"),
        Cluster.at(cluster.address, job, MODELS, seconds=120),
    ):
        pass


def test_an_error_of_hemml_in_a_worker_reaches_the_user(cluster: Dask, screener: Screener) -> None:
    from distributed import Client

    with Cluster.at(cluster.address, screener.job, MODELS, seconds=120) as engine:
        with Client(cluster.address, set_as_default=False) as other:
            other.unregister_worker_plugin(f"hemml-{screener.job.sha256}")
        with pytest.raises(HemmlError, match="ended by another process"):
            list(engine.results(range(10)))


def test_workers_of_this_machine_give_what_threads_give_and_end_at_an_interrupt(
    screener: Screener, serial: Found, tmp_path: Path
) -> None:
    with Cluster.local(screener.job, MODELS, workers=2) as engine:
        outcome = run(screener, engine)
        written, expected = (parquet(screener, one, tmp_path / "o.parquet") for one in (outcome.found, serial))
        assert written == expected
        assert outcome.peak_memory_MB > 2 * own_peak_memory_MB()
        with pytest.raises(KeyboardInterrupt):
            run(screener, Spied(engine, 5, lambda: os.kill(os.getpid(), signal.SIGINT)))
        began = time.monotonic()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("address", ["", "host:8786", "tcp://host", "http://host:8786", "tcp://host:port", "tcp://:1"])
def test_an_address_that_is_none_is_refused(screener: Screener, address: str) -> None:
    with (
        pytest.raises(InputError, match="must be an address such as tcp://host:8786"),
        Cluster.at(address, screener.job, MODELS),
    ):
        pass


def test_a_scheduler_that_does_not_answer_is_named(screener: Screener) -> None:
    with (
        pytest.raises(InputError, match=r"a Dask scheduler must answer there within 0\.5 s.*dask scheduler"),
        Cluster.at("tcp://127.0.0.1:9", screener.job, MODELS, seconds=0.5),
    ):
        pass


def test_without_dask_it_says_what_to_install(screener: Screener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"hemml\[distributed\]"):
        Cluster.local(screener.job, MODELS, workers=2)


def test_a_scheduler_without_workers_is_refused(screener: Screener, tmp_path: Path) -> None:
    scheduler, address = scheduler_at(tmp_path)
    try:
        with (
            pytest.raises(
                InputError, match=r"must have a worker, got none within 0\.5 s; start some with: dask worker"
            ),
            Cluster.at(address, screener.job, MODELS, seconds=0.5),
        ):
            pass
    finally:
        end(scheduler)


def test_when_all_workers_are_gone_it_says_how_to_go_on(cluster: Dask, screener: Screener) -> None:
    with Cluster.at(cluster.address, screener.job, MODELS, seconds=120) as engine:
        engine.patience_seconds = 1.0
        results = engine.results(range(screener.job.chunks))
        next(results)
        for worker in cluster.workers:
            end(worker)
        with pytest.raises(HemmlError, match=r"got none for 1 s; .* go on with --resume"):
            list(results)
