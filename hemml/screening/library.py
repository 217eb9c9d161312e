"""Screening from Python: frames of predicted candidates, one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hemml.active.objective import Objective
from hemml.active.space import DesignSpace
from hemml.screening.job import Job
from hemml.screening.screener import Screener
from hemml.screening.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.prediction import Predictor


def screen(
    space: DesignSpace | Path | str,
    bundles: Predictor | Path | str | None = None,
    *,
    objectives: Sequence[str] = (),
    limit: int | None = None,
    level: float = 0.9,
    inside_domain: bool = False,
    assume: bool = False,
    formulas: bool = True,
) -> Iterator[pd.DataFrame]:
    """Predict the candidates of a space, some thousand at a time, without ever holding all of them.

    Args:
        space: A space, or its file.
        bundles: Bundles, or their folder; None: those that come with hemml.
        objectives: Such as "capacity_mAh_g:max", in the place of those of the file; needed for a CSV file.
        limit: Candidates to look at, spread evenly by rank; None: all.
        level: Level of the intervals.
        inside_domain: Whether to keep only candidates near enough to published records.
        assume: Whether typical values may stand in for rates and cycle numbers that the space does not state.
        formulas: Whether to write formulas, which costs more than the predictions.

    Yields:
        Frames of candidates that meet the constraints and keep the limits of the space, by rank: rank, formula,
        predictions with interval ends of each target, distance to the nearest published record, in_domain, further
        quantities of the objectives, and score (of the first objective).

    Raises:
        InputError: Something in the space, or in what is asked of it, cannot be used.
        BundleError: The bundles cannot be used.
    """
    from hemml.models.prediction import Predictor

    if not isinstance(space, DesignSpace):
        space = DesignSpace.load(space, [Objective.parse(text) for text in objectives] or None)
    if not isinstance(bundles, Predictor):
        bundles = Predictor.load(None if bundles is None else Path(bundles))
    settings = Settings(limit=limit, level=level, inside_domain=inside_domain, assume=assume)
    screener = Screener.of(Job.of(space, settings, bundles), bundles)
    return _frames(screener, formulas)


def _frames(screener: Screener, formulas: bool) -> Iterator[pd.DataFrame]:
    from hemml.screening.output import frame_of

    for chunk in range(screener.job.chunks):
        for rows, keeps in screener.blocks(screener.job.ranks(chunk)):
            if keeps.any():
                yield frame_of(screener, rows[keeps], formulas=formulas)
