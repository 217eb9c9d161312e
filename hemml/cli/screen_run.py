"""The work behind `hemml screen`: checks before hours are spent, the screening, the file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from hemml.cli.model_choice import bundle_folder
from hemml.cli.output import print_json
from hemml.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from hemml.screening.checkpoint import Checkpoint
    from hemml.screening.engine import Engine
    from hemml.screening.evolve.settings import EvolveSettings
    from hemml.screening.job import Job
    from hemml.screening.run import Outcome
    from hemml.screening.screener import Screener
    from hemml.screening.settings import Settings

_ALL: Final = "all"
_EVOLVE: Final = "evolve"


@dataclass(frozen=True)
class Where:
    """Where and how candidates are looked at.

    Attributes:
        threads: Threads of this process; None: as many as processors.
        workers: Processes on this machine in the place of threads.
        scheduler: Address of a Dask cluster, or "".
        search: "all" candidates, or "evolve".
        evaluations: Candidates that a search looks at; None: as many as it does by default.
        seed: Of a search; None: 0.
    """

    threads: int | None
    workers: int | None
    scheduler: str
    search: str
    evaluations: int | None
    seed: int | None

    def __post_init__(self) -> None:
        """Check that the options fit together."""
        if self.search not in (_ALL, _EVOLVE):
            raise UnknownNameError("search", self.search, (_ALL, _EVOLVE))
        for name in ("threads", "workers", "evaluations"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise InputError(f"--{name} must be at least 1, got {value}")
        given = [name for name in ("threads", "workers", "scheduler") if getattr(self, name)]
        if len(given) > 1:
            raise InputError(f"give one of --threads, --workers and --scheduler, got --{' and --'.join(given)}")
        if self.search == _EVOLVE and given:
            raise InputError(f"--search {_EVOLVE} runs on one thread of this process, got --{given[0]}; leave it out")
        if self.search == _ALL and (self.evaluations is not None or self.seed is not None):
            raise InputError(f"--evaluations and --seed are for --search {_EVOLVE}; leave them out, or add it")
        _ = self.evolution

    @cached_property
    def evolution(self) -> EvolveSettings | None:
        """Settings of the search; None where all candidates are looked at."""
        from hemml.screening.evolve.settings import EvolveSettings

        if self.search != _EVOLVE:
            return None
        given = {} if self.evaluations is None else {"evaluations": self.evaluations}
        return EvolveSettings(**given, seed=self.seed or 0)

    @property
    def how(self) -> dict[str, Any]:
        """How candidates are looked at, as far as it decides the result; plain JSON."""
        return {"search": self.search} | (self.evolution.to_json() if self.evolution else {})

    @property
    def parallel(self) -> int:
        """Processors that work side by side, as far as that is known beforehand."""
        from hemml.screening.engine import processors

        return 1 if self.evolution else self.workers or self.threads or processors()

    @contextmanager
    def engine(self, screener: Screener, models: Path) -> Iterator[Engine]:
        """What looks at chunks, closed behind the block.

        Args:
            screener: The screening.
            models: Folder of its bundles.
        """
        from hemml.screening.engine import Threads

        if not self.workers and not self.scheduler:
            yield Threads(screener, self.parallel)
            return
        from hemml.screening.distributed import Cluster

        cluster = (
            Cluster.at(self.scheduler, screener.job, models)
            if self.scheduler
            else Cluster.local(screener.job, models, workers=self.parallel)
        )
        with cluster:
            yield cluster


def run_screening(
    space: Path,
    settings: Settings,
    where: Where,
    *,
    models: Path | None,
    output: Path | None,
    resume: bool,
    as_json: bool,
) -> None:
    """Screen a space and print what was found.

    Args:
        space: File of the space.
        settings: What is looked for.
        where: Where candidates are looked at.
        models: As `--models` names them.
        output: Parquet file to write; None: nothing is written, and nothing can be resumed.
        resume: Whether to go on from the checkpoint.
        as_json: Whether to print JSON.
    """
    began = time.perf_counter()
    from hemml.active.space import DesignSpace, count_survivors
    from hemml.cli.screen_report import print_before, print_result, values_of
    from hemml.models.prediction import Predictor
    from hemml.screening.estimate import seconds_a_candidate, warm_up
    from hemml.screening.job import Job
    from hemml.screening.output import check_output, write_parquet
    from hemml.screening.result import result_of
    from hemml.screening.screener import Screener

    if output is not None:
        check_output(output)
    elif resume:
        raise InputError("--resume needs the --output of the screening that was interrupted; name it")
    if resume and where.evolution is not None:
        raise InputError(f"--resume is for looking at all candidates, got --search {_EVOLVE}; begin that anew")
    drawn = DesignSpace.load(space)
    with bundle_folder(models) as folder:
        predictor = Predictor.load(folder)
        job = Job.of(drawn, settings, predictor)
        screener = Screener.of(job, predictor)
        checkpoint = None if where.evolution else _checkpoint(output, job, resume=resume)
        counts = count_survivors(drawn)
        counts.require_survivors(drawn.owner)
        warm_up(screener)
        looked_at = job.candidates if where.evolution is None else where.evolution.evaluations
        estimate = None if where.evolution else seconds_a_candidate(screener) * looked_at / where.parallel
        if not as_json:
            print_before(screener, counts, looked_at, estimate)
        with where.engine(screener, folder) as engine:
            start_up = time.perf_counter() - began
            outcome = _screened(screener, where, engine, checkpoint, resume=resume)
    result = result_of(screener, outcome.found, where.how)
    if output is not None:
        write_parquet(output, result.frame, result.provenance)
    if checkpoint is not None:
        checkpoint.remove()
    values = values_of(screener, outcome, result, output, start_up=start_up, estimate=estimate)
    if as_json:
        print_json(values)
    else:
        print_result(values, result)


def _checkpoint(output: Path | None, job: Job, *, resume: bool) -> Checkpoint | None:
    """Where the screening notes what is done; refused before any work where it is another's."""
    from hemml.screening.checkpoint import Checkpoint

    if output is None:
        return None
    checkpoint = Checkpoint.beside(output, job)
    if resume:
        checkpoint.read()
    elif checkpoint.path.exists():
        raise InputError(
            f"checkpoint {checkpoint.path}: an interrupted screening left it; go on with --resume, or delete it to "
            "begin anew"
        )
    return checkpoint


def _screened(
    screener: Screener, where: Where, engine: Engine, checkpoint: Checkpoint | None, *, resume: bool
) -> Outcome:
    from hemml.cli.screen_progress import progress
    from hemml.screening.run import run

    try:
        with progress() as tell:
            if where.evolution is not None:
                from hemml.screening.evolve.search import evolve

                return evolve(screener, where.evolution, tell)
            return run(screener, engine, checkpoint, resume=resume, tell=tell)
    except KeyboardInterrupt:
        if checkpoint is not None:
            typer.echo(f"interrupted; what is done stands in {checkpoint.path}: go on with --resume", err=True)
        raise
