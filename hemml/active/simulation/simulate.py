"""Simulated campaigns from pool to result."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hemml.active.simulation.play import Plan, Played, play_all
from hemml.active.simulation.pool import Pool
from hemml.active.simulation.result import Result


def simulate(
    pool: Pool,
    strategies: Sequence[str],
    plan: Plan,
    *,
    n_jobs: int = 1,
    done: Callable[[Played], None] = lambda _: None,
) -> Result:
    """Play every strategy with every seed on a pool whose outcomes are known.

    All strategies of a seed start from the same random rows. The same pool, strategies and plan give the same result to
    the last digit, whatever `n_jobs` is.

    Args:
        pool: From `read_pool`, with the objectives to improve on.
        strategies: Names of `STRATEGIES`.
        plan: Budget, batch, start, seeds, prior.
        n_jobs: Processes, each of one thread.
        done: Called after each campaign.

    Raises:
        InputError: A name or number cannot be used.
    """
    return Result.of(pool, plan, play_all(pool, strategies, plan, n_jobs=n_jobs, done=done))
