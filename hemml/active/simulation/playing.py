"""One campaign played on a pool, and many of them side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from hemml.active.simulation.pool import Pool
from hemml.active.simulation.seeds import start_rows, strategy_rng
from hemml.active.simulation.strategies import STRATEGIES, check_strategies
from hemml.active.simulation.strategy import Brief, check_proposal
from hemml.active.surrogate.base import Measured
from hemml.arrays import IntArray
from hemml.errors import InputError

# Python's own numbers of one thread: the digits of a sum depend on how many threads add it up.
_THREADS: Final = 1
_OF_THIS_PROCESS: dict[str, tuple[Pool, Brief]] = {}


@dataclass(frozen=True)
class Plan:
    """How the campaigns are played.

    Attributes:
        budget: Experiments of a campaign, the start rows counted.
        batch: Experiments between two looks at the results.
        start: Random rows measured at the start, the same for all strategies of a seed.
        seeds: One campaign each.
        prior: Folder of the bundles to start from; None: no strategy uses a model trained before.
    """

    budget: int
    batch: int = 5
    start: int = 5
    seeds: tuple[int, ...] = field(default=tuple(range(10)))
    prior: Path | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, value, least in (("batch", self.batch, 1), ("start", self.start, 2)):
            if value < least:
                raise InputError(f"{name}: must be at least {least}, got {value}; give more")
        if self.budget < self.start:
            raise InputError(
                f"budget: must be at least the {self.start} start rows, which count, got {self.budget}; give more"
            )
        if not self.seeds or min(self.seeds) < 0 or len(set(self.seeds)) < len(self.seeds):
            raise InputError(f"seeds: must be different numbers from 0, at least one, got {self.seeds}; correct them")

    def sizes(self, n: int) -> IntArray:
        """Experiments done after the start and after each batch, in a pool of n rows."""
        budget = min(self.budget, n)
        return np.append(np.arange(min(self.start, budget), budget, self.batch), budget)


@dataclass(frozen=True, eq=False)
class Played:
    """One campaign that was played.

    Attributes:
        strategy: Its name.
        seed: Its seed.
        order: Rows of the pool in the order measured, the start rows first, (min(budget, n),).
        seconds: Time that the strategy took; no part of the result, which is the same on every machine.
    """

    strategy: str
    seed: int
    order: IntArray
    seconds: float


def play(pool: Pool, strategy: str, seed: int, plan: Plan, brief: Brief | None = None) -> Played:
    """Play one campaign. The strategy learns the outcomes of the rows that it proposed and of the start, no others.

    Args:
        pool: Known outcomes.
        strategy: A name of `STRATEGIES`.
        seed: Seed of the start rows and of the strategy.
        plan: Budget, batch, start.
        brief: Of an earlier campaign on the pool, to share what it computed.
    """
    began = time.perf_counter()
    rng = strategy_rng(strategy, seed)
    chooser = STRATEGIES[strategy](brief or Brief(pool.candidates, pool.objectives, plan.prior))
    rows = start_rows(len(pool), plan.start, seed)
    known = Measured(rows, pool.measure(rows))
    for size in np.diff(plan.sizes(len(pool))).tolist():
        proposed = chooser.propose(known, size, rng)
        check_proposal(strategy, proposed, known, len(pool), size)
        values = np.concatenate([known.values, pool.measure(proposed)], axis=1)
        known = Measured(np.concatenate([known.rows, proposed]), values)
    return Played(strategy, seed, known.rows, time.perf_counter() - began)


def play_all(
    pool: Pool,
    strategies: Sequence[str],
    plan: Plan,
    *,
    n_jobs: int = 1,
    done: Callable[[Played], None] = lambda _: None,
) -> list[Played]:
    """Play every strategy with every seed.

    The campaigns depend on pool, strategy, seed and plan alone: the result is the same to the last digit whatever
    `n_jobs` is.

    Args:
        pool: Known outcomes.
        strategies: Names of `STRATEGIES`.
        plan: Budget, batch, start, seeds.
        n_jobs: Processes, each of one thread; 1: this process.
        done: Called after each campaign, in the order in which they end.

    Returns:
        Campaigns by strategy and, within it, by seed, in the order given.
    """
    check_strategies(strategies)
    if n_jobs < 1:
        raise InputError(f"jobs: must be at least 1, got {n_jobs}; give the number of processes")
    tasks = [(name, seed) for name in strategies for seed in plan.seeds]
    found: dict[tuple[str, int], Played] = {}
    for played in _here(pool, tasks, plan) if n_jobs == 1 else _beside(pool, tasks, plan, n_jobs):
        found[played.strategy, played.seed] = played
        done(played)
    return [found[task] for task in tasks]


def _here(pool: Pool, tasks: Sequence[tuple[str, int]], plan: Plan) -> Iterator[Played]:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    brief = Brief(pool.candidates, pool.objectives, plan.prior)
    for strategy, seed in tasks:
        with threadpool_limits(_THREADS):
            played = play(pool, strategy, seed, plan, brief)
        yield played


def _beside(pool: Pool, tasks: Sequence[tuple[str, int]], plan: Plan, n_jobs: int) -> Iterator[Played]:
    import multiprocessing

    # spawn: the same on every system, and no copy of a process that has threads
    context = multiprocessing.get_context("spawn")
    workers = min(n_jobs, len(tasks))
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_take_pool, initargs=(pool, plan)) as executor:
        left = {executor.submit(_play_here, strategy, seed, plan) for strategy, seed in tasks}
        try:
            while left:
                ended, left = wait(left, return_when=FIRST_COMPLETED)
                for future in ended:
                    yield future.result()
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


def _take_pool(pool: Pool, plan: Plan) -> None:
    _OF_THIS_PROCESS["campaign"] = pool, Brief(pool.candidates, pool.objectives, plan.prior)


def _play_here(strategy: str, seed: int, plan: Plan) -> Played:
    from threadpoolctl import threadpool_limits

    pool, brief = _OF_THIS_PROCESS["campaign"]
    with threadpool_limits(_THREADS):
        return play(pool, strategy, seed, plan, brief)
