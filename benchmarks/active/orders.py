"""Orders of experiments on disk: one file a seed, of hemml's strategies and of peers alike."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hemml.active.simulation import Plan, Played, Pool, start_rows
from hemml.files import atomic_write_text


@dataclass(frozen=True, eq=False)
class Orders:
    """What one strategy did on one pool.

    Attributes:
        rows: In the order measured, one line for each of the first seeds of the plan that are done, (s, budget).
        about: Versions, commit, date and machine of the newest seed; median seconds a batch.
    """

    rows: np.ndarray
    about: Mapping[str, Any]


def write_order(folder: Path, pool: Pool, plan: Plan, played: Played, about: Mapping[str, Any]) -> None:
    """Write one campaign of a strategy."""
    folder.mkdir(parents=True, exist_ok=True)
    batches = max(1, len(plan.sizes(len(pool))) - 1)
    content = {
        "seed": played.seed,
        "rows": played.order.tolist(),
        "seconds": [round(played.seconds / batches, 4)] * batches,
        "pool_sha256": pool.sha256,
        "batch": plan.batch,
        **about,
    }
    atomic_write_text(folder / f"seed_{played.seed:02d}.json", json.dumps(content) + "\n")


def read_orders(folder: Path, pool: Pool, plan: Plan, task: Mapping[str, Any]) -> Orders:
    """Read the first seeds of the plan that are done; those of another pool, plan or start are as good as none."""
    budget = int(plan.sizes(len(pool))[-1])
    lines: list[np.ndarray] = []
    about: dict[str, Any] = {}
    seconds: list[float] = []
    for seed in plan.seeds:
        found = read_order(folder, pool, plan, task, seed)
        if found is None:
            break
        lines.append(np.array(found["rows"][:budget], dtype=np.int64))
        seconds += found["seconds"]
        about = {name: found[name] for name in ("versions", "commit", "date", "machine") if name in found}
    if seconds:
        about["seconds_a_batch"] = float(np.median(seconds))
    return Orders(np.stack(lines) if lines else np.empty((0, budget), dtype=np.int64), about)


def read_order(folder: Path, pool: Pool, plan: Plan, task: Mapping[str, Any], seed: int) -> dict[str, Any] | None:
    """What was written of one seed; None where nothing was, or of another pool, plan or start."""
    path = folder / f"seed_{seed:02d}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    of_task = "task_sha256" in found and found["task_sha256"] == task["sha256"]
    of_plan = found.get("pool_sha256") == pool.sha256 and found.get("batch") == plan.batch
    if not (of_task or of_plan) or len(found["rows"]) < plan.sizes(len(pool))[-1]:
        return None
    return found if fits(found["rows"], pool, plan, seed) else None


def fits(rows: Sequence[int] | np.ndarray, pool: Pool, plan: Plan, seed: int) -> bool:
    """Whether rows begin with the start of the seed and name each row of the pool once at most."""
    began = start_rows(len(pool), plan.start, seed)
    distinct = np.unique(rows)
    inside = len(distinct) == len(rows) and distinct[0] >= 0 and distinct[-1] < len(pool)
    return bool(inside and np.array_equal(rows[: len(began)], began))
