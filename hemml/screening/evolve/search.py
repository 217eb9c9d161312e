"""Search of a space too large to look at every candidate: populations evolve, and everything looked at is kept."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import numpy as np

from hemml.active.acquisition.pareto import nondominated
from hemml.active.space.template import Template
from hemml.arrays import FloatArray
from hemml.errors import InputError
from hemml.screening.engine import own_peak_memory_MB
from hemml.screening.evolve.algorithm import algorithm_of
from hemml.screening.evolve.genome import Genome
from hemml.screening.evolve.memory import Memory
from hemml.screening.evolve.settings import EvolveSettings
from hemml.screening.evolve.start import starting_ranks
from hemml.screening.run import Outcome, Progress, progress_of
from hemml.screening.screener import Screener


def evolve(screener: Screener, settings: EvolveSettings, tell: Callable[[Progress], None] = lambda _: None) -> Outcome:
    """Search a space for its best candidates; what was looked at and kept is found as in `run`.

    With a Pareto set its axes are searched for (and the score, where that is none of them), without one the score
    alone. It runs in this process and on one thread, so that the same settings give the same candidates.

    Args:
        screener: The screening.
        settings: How long, and from which seed.
        tell: Told of each generation.

    Raises:
        InputError: The space is a table or no larger than what may be looked at, the screening has a limit, nothing
            that meets constraints and limits was found, or pymoo is missing.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    genome = Genome.of(_checked(screener, settings))
    memory = Memory(screener, settings.evaluations)
    seeds = np.random.SeedSequence(settings.seed)
    began = time.perf_counter()

    def told() -> None:
        tell(progress_of(memory.found, settings.evaluations, memory.found.looked_at, time.perf_counter() - began))

    # one thread: sums over several could differ in the last digit; and pymoo turns warnings off for good
    with threadpool_limits(1), warnings.catch_warnings():
        while memory.left:
            before = memory.left
            _search(genome, memory, settings, np.random.default_rng(seeds.spawn(1)[0]), told)
            if memory.left == before:
                break
    _require_found(screener, memory)
    found = memory.found
    return Outcome(found, found.looked_at, found.feasible, time.perf_counter() - began, own_peak_memory_MB())


def _search(
    genome: Genome, memory: Memory, settings: EvolveSettings, rng: np.random.Generator, told: Callable[[], None]
) -> None:
    """One search, until it finds nothing better for some time, or everything that may be looked at has been."""
    from pymoo.core.evaluator import Evaluator
    from pymoo.problems.static import StaticProblem

    start = starting_ranks(memory, settings.population, rng)
    told()
    algorithm = algorithm_of(genome, len(memory.names), settings.population, start, rng)
    front = np.empty((0, len(memory.names)))
    scale = None
    patience = settings.patience
    while patience:
        generation = algorithm.ask()
        if generation is None:  # nothing new could be made
            return
        ranks = genome.ranks(generation.get("X"))
        too_many = memory.new(ranks)[memory.left :]
        generation, ranks = np.delete(generation, too_many), np.delete(ranks, too_many)
        if not len(ranks):
            return
        judged = memory.judge(ranks)
        kept = judged.utilities[judged.violation == 0]
        if scale is None and len(kept):
            scale = _spread(kept)
        goals = {"F": -judged.utilities / (1.0 if scale is None else scale), "G": judged.violation[:, None]}
        Evaluator().eval(StaticProblem(algorithm.problem, **goals), generation)
        algorithm.tell(infills=generation)
        front, better = _joined(front, kept)
        patience = settings.patience if better or not len(front) else patience - 1
        told()


def _joined(front: FloatArray, utilities: FloatArray) -> tuple[FloatArray, bool]:
    """The front with new points, (m, q), and whether one of them belongs to it."""
    points = np.concatenate([front, utilities])
    stays = nondominated(points)
    return points[stays], bool(stays[len(front) :].any())


def _spread(utilities: FloatArray) -> FloatArray:
    """Range of each utility among the first candidates, by which distances are compared, (q,)."""
    spread = np.ptp(utilities, axis=0)
    return np.where(spread > 0, spread, 1.0)


def _checked(screener: Screener, settings: EvolveSettings) -> Template:
    try:
        import pymoo.core.algorithm  # noqa: F401
    except ImportError as err:
        raise InputError(
            '--search evolve needs pymoo, got none installed; pip install "hemml[search]", or leave it out'
        ) from err
    space = screener.job.space
    if not isinstance(space.lattice, Template):
        raise InputError(
            f"{space.owner}: --search evolve must have a space with sublattices to vary, got a table of "
            f"{space.size:,} candidates; leave --search out, and all of them are looked at"
        )
    if screener.job.settings.limit is not None:
        raise InputError(
            "--limit is for screenings that look at all candidates in turn, got it with --search evolve; use "
            "--evaluations in its place"
        )
    if space.size <= settings.evaluations:
        raise InputError(
            f"{space.owner}: --evaluations must be below the {space.size:,} candidates of the space, got "
            f"{settings.evaluations:,}; leave --search out, and all of them are looked at"
        )
    return space.lattice


def _require_found(screener: Screener, memory: Memory) -> None:
    if memory.found.kept:
        return
    looked_at, feasible = memory.found.looked_at, memory.found.feasible
    missed = (
        f"{feasible:,} met the constraints, but none of these the limits on predictions or the domain"
        if feasible
        else f"the nearest missed {memory.fewest_broken} of {len(screener.job.space.constraints)} constraints"
    )
    raise InputError(
        f"{screener.job.space.owner}: a search must find a candidate that meets constraints and limits, got none among "
        f"{looked_at:,}: {missed}; relax them, or raise --evaluations"
    )
