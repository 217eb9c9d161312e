"""Experiments that hemml, simple strategies and BayBE need on pools with known outcomes.

    python benchmarks/active/run.py --table docs/benchmarks.md

Every pool is exported once; each strategy writes its orders to the work folder, one file a seed, and all are judged
alike. Orders of an earlier run are kept as long as the pool is the same, except those of `--again`, so that
`--again hemml,greedy` plays only these anew.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from active_table import BEGIN, END, LABELS, OURS, markdown
from orders import Orders, read_order, read_orders, write_order
from peer_tasks import write_task
from pools import POOLS, make_pool
from shared import InstallError, circumstances, listed, put_between_markers, python_of

from hemml.active.simulation import Plan, Pool, Result, play_all
from hemml.errors import HemmlError
from hemml.files import atomic_write_text
from hemml.provenance import versions

HERE = Path(__file__).resolve().parent
PEER = "baybe"
_VERSIONS = ("python", "hemml", "numpy", "scipy", "scikit-learn")


def run(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Play and judge every pool."""
    results: dict[str, Any] = {**circumstances(), "pools": {}}
    for name in options.pools:
        pool = make_pool(name, work / "pools")
        source = POOLS[name]
        plan = Plan(min(source.budget, len(pool)), batch=5, start=5, seeds=tuple(range(options.seeds)))
        folder = work / "tasks" / name
        task = write_task(pool, folder, plan)
        for strategy in options.strategies:
            if strategy == PEER:
                _peer(folder, options)
            else:
                _own(strategy, folder / strategy, pool, plan, task, options)
        found = {one: read_orders(folder / one, pool, plan, task) for one in options.strategies}
        results["pools"][name] = {"label": source.label, **judged(pool, plan, found)}
    return results


def judged(pool: Pool, plan: Plan, found: dict[str, Orders]) -> dict[str, Any]:
    """Curves and counts of the strategies that have at least one seed, and how far hemml is ahead of each."""
    done = {name: orders for name, orders in found.items() if len(orders.rows)}
    result = Result(pool, plan, {name: orders.rows for name, orders in done.items()})
    values = result.as_dict()
    for name, orders in done.items():
        values["strategies"][name] |= orders.about
        if name != OURS and OURS in done:
            values["strategies"][name]["hemml_ahead_by"] = result.ahead_of(OURS, name).as_list()
    return values


def _own(
    strategy: str, folder: Path, pool: Pool, plan: Plan, task: dict[str, Any], options: argparse.Namespace
) -> None:
    """Play the seeds that are not done; every campaign is written as it ends."""
    if strategy in options.again:
        for old in folder.glob("seed_*.json"):
            old.unlink()
    left = tuple(seed for seed in plan.seeds if read_order(folder, pool, plan, task, seed) is None)
    print(f"{pool.name}: {strategy}, {len(left)} of {len(plan.seeds)} seeds to play", flush=True)
    if left:
        about = {**circumstances(), "versions": {name: versions()[name] for name in _VERSIONS}}
        play_all(
            pool,
            [strategy],
            replace(plan, seeds=left),
            n_jobs=options.jobs,
            done=lambda played: write_order(folder, pool, plan, played, about),
        )


def _peer(folder: Path, options: argparse.Namespace) -> None:
    """Let the peer finish the seeds that it has not; a failure is said and leaves the seeds that are done."""
    if options.peers_as_they_are:
        return
    output = folder / PEER
    output.mkdir(parents=True, exist_ok=True)
    try:
        python = python_of(PEER, options.environments)
    except InstallError as err:
        print(f"{folder.name}: {PEER} left out: {err}", file=sys.stderr, flush=True)
        return
    command = [str(python), str(HERE / f"{PEER}_peer.py"), "--task", str(folder), "--output", str(output)]
    with (output / "log.txt").open("w", encoding="utf-8") as stream:
        done = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        print(f"{folder.name}: {PEER} failed; see {output / 'log.txt'}", file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description="Experiments that strategies need on pools with known outcomes.")
    made.add_argument("--pools", type=listed(tuple(POOLS)), default=tuple(POOLS), help=f"some of {','.join(POOLS)}")
    strategies = tuple(LABELS)
    made.add_argument(
        "--strategies", type=listed(strategies), default=strategies, help=f"some of {','.join(strategies)}"
    )
    own = tuple(name for name in LABELS if name != PEER)
    made.add_argument("--again", type=listed(own), default=(), help="strategies to play anew")
    made.add_argument("--seeds", type=int, default=20, help="campaigns of each strategy")
    made.add_argument("--jobs", type=int, default=1, help="processes for hemml's strategies")
    made.add_argument("--work", type=Path, default=HERE / "work", help="folder for pools, tasks and orders")
    made.add_argument("--environments", type=Path, help="folder for BayBE's environment (WORK/environments)")
    made.add_argument("--peers-as-they-are", action="store_true", help="run no peer; count the seeds that are done")
    made.add_argument("--output", type=Path, help="JSON file for the results (WORK/results.json)")
    made.add_argument("--table", type=Path, help="Markdown page between whose markers the table is put")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0, or 2 for bad input."""
    options = parser().parse_args(arguments)
    work = options.work.resolve()
    options.environments = (options.environments or work / "environments").resolve()
    work.mkdir(parents=True, exist_ok=True)
    (work / ".gitignore").write_text("*\n", encoding="utf-8")
    try:
        results = run(options, work)
        text = markdown(results)
        atomic_write_text(options.output or work / "results.json", json.dumps(results, indent=1) + "\n")
        if options.table:
            put_between_markers(options.table, text, BEGIN, END)
    except HemmlError as err:
        print(err, file=sys.stderr)
        return 2
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
