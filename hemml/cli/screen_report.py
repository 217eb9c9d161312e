"""What `hemml screen` prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hemml.cli.output import console, number
from hemml.cli.screen_progress import duration
from hemml.columns import TARGETS

if TYPE_CHECKING:
    from hemml.active.space import Counts
    from hemml.screening.result import Result
    from hemml.screening.run import Outcome
    from hemml.screening.screener import Screener

_SHOWN: Final = 10


def print_before(screener: Screener, counts: Counts, looked_at: int, estimate: float | None) -> None:
    """Size of the space, what the constraints leave, and the time that all of it will take, where that is known."""
    out, job = console(stderr=True), screener.job
    about = "" if counts.exact else "about "
    looked = f", {looked_at:,} of them looked at" if looked_at < job.space.size else ""
    out.print(f"{job.space.title}: {job.space.size:,} candidates{looked}", soft_wrap=True)
    share = counts.survivors.value / counts.total
    out.print(
        f"constraints leave {about}{counts.survivors.value:,} ({100 * share:.2g} %); the others are not predicted"
    )
    assumed = {str(name): value for one in screener.asker.assumed.values() for name, value in one.items()}
    if assumed:
        out.print("assumed: " + ", ".join(f"{name} = {value:g}" for name, value in assumed.items()))
    time = "" if estimate is None else f"; about {duration(estimate)}"
    out.print(f"ranked by {job.ranked_by}, {job.settings.acquisition}{time}")


def values_of(
    screener: Screener,
    outcome: Outcome,
    result: Result,
    output: Path | None,
    *,
    start_up: float,
    estimate: float | None,
) -> dict[str, Any]:
    """What the screening was and found, as `--json` prints it."""
    found = outcome.found
    seconds = max(outcome.seconds, 1e-9)
    return {
        "space": screener.job.space.title,
        "size": screener.job.space.size,
        "candidates": found.looked_at,
        "feasible": found.feasible,
        "kept": found.kept,
        "seconds": outcome.seconds,
        "candidates_per_second": outcome.looked_at / seconds,
        "predicted_per_second": outcome.predicted / seconds,
        "start_up_seconds": start_up,
        "estimated_seconds": estimate,
        "peak_memory_MB": outcome.peak_memory_MB,
        "ranked_by": str(screener.job.ranked_by),
        "top": result.n_top,
        "pareto_set": result.n_front if screener.axes else None,
        "output": None if output is None else str(output),
        "best": result.frame.head(_SHOWN).to_dict("records"),
    }


def print_result(values: dict[str, Any], result: Result) -> None:
    """The best candidates, and where the others are."""
    from rich.table import Table

    out = console()
    out.print(
        f"{values['candidates']:,} candidates in {duration(values['seconds'])} "
        f"({values['candidates_per_second']:,.0f} a second, {values['peak_memory_MB']:,.0f} MB): "
        f"{values['feasible']:,} predicted, {values['kept']:,} within limits"
    )
    if not len(result.frame):
        out.print("No candidate keeps the limits on predictions; relax them in the space.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    targets = [target for target in TARGETS if f"{target}_predicted" in result.frame]
    for title in ("formula", *(f"{target.label}, {target.unit}" for target in targets), "domain", "score"):
        table.add_column(title, justify="left" if title in ("formula", "domain") else "right", overflow="fold")
    for row in result.frame.head(_SHOWN).to_dict("records"):
        cells = [
            f"{number(row[f'{target}_predicted'], 3)} ({number(row[f'{target}_lower'], 3)} to "
            f"{number(row[f'{target}_upper'], 3)})"
            for target in targets
        ]
        table.add_row(row["formula"], *cells, "inside" if row["in_domain"] else "outside", number(row["score"]))
    out.print(table)
    rest = f"{result.n_top:,} best" + (f", {result.n_front:,} of the Pareto set" if values["pareto_set"] else "")
    where = f"in {values['output']}" if values["output"] else "found; --output FILE.parquet writes them all"
    out.print(f"{rest} {where}", soft_wrap=True)
