"""What a simulation found: the orders of the campaigns, and the curves and counts that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from hemml.active.simulation.bands import Band, mean_band, median_band, ratio_band
from hemml.active.simulation.outcomes import FOUND, LEVELS, Outcome, outcome_of
from hemml.active.simulation.playing import Plan, Played, play, play_all
from hemml.active.simulation.pool import Pool
from hemml.active.simulation.strategies import RANDOM
from hemml.arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Result:
    """Simulated campaigns of several strategies on one pool.

    Attributes:
        pool: Known outcomes.
        plan: Budget, batch, start, seeds.
        orders: Strategy -> rows in the order measured, one line a seed, (s, budget); a strategy that was run elsewhere
            may hold fewer seeds, the first ones.
    """

    pool: Pool
    plan: Plan
    orders: Mapping[str, IntArray]

    @classmethod
    def of(cls, pool: Pool, plan: Plan, played: Iterable[Played]) -> Result:
        """Collect campaigns, in the order given, by strategy."""
        orders: dict[str, list[IntArray]] = {}
        for campaign in played:
            orders.setdefault(campaign.strategy, []).append(campaign.order)
        return cls(pool, plan, {name: np.stack(lines) for name, lines in orders.items()})

    @cached_property
    def sizes(self) -> IntArray:
        """Experiments after the start and after each batch, (b,)."""
        return self.plan.sizes(len(self.pool))

    @cached_property
    def outcomes(self) -> Mapping[str, Outcome]:
        """Curves and counts by strategy."""
        return {name: outcome_of(self.pool, orders, self.sizes) for name, orders in self.orders.items()}

    @cached_property
    def exhausted(self) -> Outcome:
        """Random picks of the same seeds until the pool is empty: what accelerations are measured against.

        Within the budget random picks need not get there; to the end they always do, and they cost nothing. The first
        of them are those of the strategy "random".
        """
        full = replace(self.plan, budget=max(len(self.pool), self.plan.start))
        orders = [play(self.pool, RANDOM, seed, full).order for seed in self.plan.seeds]
        return outcome_of(self.pool, np.stack(orders), full.sizes(len(self.pool)))

    def mean_hypervolume(self, strategy: str) -> Band:
        """The share of the hypervolume on average over the looks at the results: high for finding much, and soon."""
        return _mean(self.outcomes[strategy].hypervolume.mean(axis=1))

    def ahead_of(self, strategy: str, other: str) -> Band:
        """By how much the mean hypervolume of a strategy is above another's, on the seeds that both have."""
        one, two = (self.outcomes[name].hypervolume.mean(axis=1) for name in (strategy, other))
        shared = min(len(one), len(two))
        return _mean(one[:shared] - two[:shared])

    def acceleration(self, strategy: str, level: int) -> Band:
        """Experiments that random picks need to a share of the hypervolume over those of a strategy; 0: never there."""
        to = self.outcomes[strategy].to_level[level]
        return ratio_band(self.exhausted.to_level[level][: len(to)], to)

    def acceleration_to_top(self, strategy: str, quantity: str, percent: int, share: str) -> Band:
        """The same for finding the best rows of one objective."""
        to = self.outcomes[strategy].to_top[quantity, percent, share]
        return ratio_band(self.exhausted.to_top[quantity, percent, share][: len(to)], to)

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values for JSON; null where the median seed does not get there within the budget."""
        return {
            "pool": self.pool.name,
            "rows": len(self.pool),
            "rows_left_out": self.pool.left_out,
            "pool_sha256": self.pool.sha256,
            "objectives": [str(objective) for objective in self.pool.objectives],
            "budget": int(self.sizes[-1]),
            "batch": self.plan.batch,
            "start": self.plan.start,
            "seeds": list(self.plan.seeds),
            "prior": None if self.plan.prior is None else str(self.plan.prior),
            "experiments": self.sizes.tolist(),
            "strategies": {name: self._strategy(name) for name in self.orders},
            "random_to_the_end": {
                f"experiments_to_{level}": median_band(values).as_list()[0]
                for level, values in self.exhausted.to_level.items()
            },
        }

    def _strategy(self, name: str) -> dict[str, Any]:
        found = self.outcomes[name]
        mean, low, high = mean_band(found.hypervolume)
        told: dict[str, Any] = {
            "hypervolume": mean.tolist(),
            "hypervolume_band": [low.tolist(), high.tolist()],
            "mean_hypervolume": self.mean_hypervolume(name).as_list(),
            "seeds": len(found.hypervolume),
        }
        for level in LEVELS:
            band = median_band(found.to_level[level])
            told[f"experiments_to_{level}"] = band.as_list()[0]
            told[f"experiments_to_{level}_band"] = band.as_list()[1:]
            told[f"acceleration_to_{level}"] = self.acceleration(name, level).as_list()
        told["top"] = {
            quantity: {
                f"{percent}_percent": self._top(name, quantity, percent)
                for one, percent in found.top
                if one == quantity
            }
            for quantity in dict.fromkeys(quantity for quantity, _ in found.top)
        }
        return told

    def _top(self, name: str, quantity: str, percent: int) -> dict[str, Any]:
        found = self.outcomes[name]
        told: dict[str, Any] = {"share": found.top[quantity, percent].mean(axis=0).tolist()}
        for share in FOUND:
            band = median_band(found.to_top[quantity, percent, share])
            told[f"experiments_to_{share}"] = band.as_list()[0]
            told[f"experiments_to_{share}_band"] = band.as_list()[1:]
            told[f"acceleration_to_{share}"] = self.acceleration_to_top(name, quantity, percent, share).as_list()
        return told


def _mean(values: FloatArray) -> Band:
    value, low, high = mean_band(values[:, None])
    return Band(float(value[0]), float(low[0]), float(high[0]))


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
