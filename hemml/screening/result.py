"""From what a screening found to the table that users read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hemml.columns import TARGETS
from hemml.provenance import git_commit, versions
from hemml.screening.diverse import apart, atomic_fractions
from hemml.screening.found import Found, highest
from hemml.screening.output import frame_of
from hemml.screening.rows import Rows
from hemml.screening.screener import Screener

if TYPE_CHECKING:
    import pandas as pd

_BLOCK_ROWS = 16_384


@dataclass(frozen=True, eq=False)
class Result:
    """What a screening gives.

    Attributes:
        frame: The best candidates, the best first, then those of the Pareto set that are not among them.
        n_top: How many were chosen by score.
        n_front: How many are in the Pareto set.
        provenance: Where it all comes from; plain JSON.
    """

    frame: pd.DataFrame
    n_top: int
    n_front: int
    provenance: dict[str, Any]


def result_of(screener: Screener, found: Found, how: Mapping[str, Any] | None = None) -> Result:
    """Choose, write formulas, and name the nearest published record of each candidate.

    Args:
        screener: The screening.
        found: What was found.
        how: How candidates were looked at, for the provenance.
    """
    top, front = _chosen(screener, found.best), found.front
    in_top, in_front = set(top.ranks.tolist()), set(front.ranks.tolist())
    others = front[np.array([rank not in in_top for rank in front.ranks.tolist()], dtype=np.bool_)]
    rows = top.then(highest(others, len(others))) if len(others) else top
    frame = frame_of(screener, rows)
    ranks = rows.ranks.tolist()
    frame.insert(2, "in_top", [rank in in_top for rank in ranks])
    if screener.axes:
        frame.insert(3, "in_pareto_set", [rank in in_front for rank in ranks])
        frame = frame.drop(columns=list(screener.axes))
    records, dois = _nearest(screener, rows)
    frame["nearest_record"], frame["nearest_doi"] = records, dois
    return Result(frame, len(top), len(front), _provenance(screener, found) | dict(how or {}))


def _chosen(screener: Screener, best: Rows) -> Rows:
    settings = screener.job.settings
    if not settings.apart or not len(best):
        return best[: settings.top]
    fractions = atomic_fractions(screener.job.space.batch(best.ranks))
    return best[apart(fractions, settings.apart, settings.top)]


def _nearest(screener: Screener, rows: Rows) -> tuple[list[str], list[str]]:
    records: list[str] = []
    dois: list[str] = []
    for start in range(0, len(rows), _BLOCK_ROWS):
        ranks = rows.ranks[start : start + _BLOCK_ROWS]
        for record, doi in screener.asker.nearest(ranks, screener.job.space.batch(ranks)):
            records.append(record)
            dois.append(doi)
    return records, dois


def _provenance(screener: Screener, found: Found) -> dict[str, Any]:
    job = screener.job
    return {
        **job.identity,
        "commit": git_commit(),
        "versions": versions(),
        "space": job.space.to_json(),
        "ranked_by": str(job.ranked_by),
        "candidates": found.looked_at,
        "feasible": found.feasible,
        "kept": found.kept,
        "assumed_conditions": {
            str(target): {str(name): value for name, value in one.items()}
            for target, one in screener.asker.assumed.items()
        },
        "units": {str(target): target.unit for target in TARGETS},
    }
