"""Asking bundles about very many candidates: in blocks of rows, several at a time, straight from the compositions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.active.candidates import Candidates
from hemml.arrays import FloatArray, StrArray
from hemml.columns import Column
from hemml.composition import CompositionBatch
from hemml.errors import InputError
from hemml.models.bundle import Bundle, feature_names
from hemml.models.lab_prior import LabPrior, Points

if TYPE_CHECKING:
    import pandas as pd

BLOCK_ROWS: Final = 2048  # fixed, so that no digit depends on the number of threads
# What may differ between rows without any consequence for a prediction.
WITHOUT_MEANING: Final = (Column.FORMULA, Column.FORMULA_REPORTED, Column.RECORD_ID)
BY_RULE: Final = (Column.ROLE, Column.WORKING_ION, Column.FAMILY, Column.CAPACITY_KIND)


@dataclass(frozen=True, eq=False)
class Block:
    """What one bundle says of n rows.

    Attributes:
        difficulty: Likely size of the errors of the predictions on the learning scale, (n,).
        points: The predictions on that scale and where the rows lie for the lab kernel, n rows.
        distance: Distance to the nearest published record, (n,).
        known: Fraction of the atoms that are of learned elements, (n,).
    """

    difficulty: FloatArray
    points: Points
    distance: FloatArray
    known: FloatArray

    def __getitem__(self, rows: Any) -> Block:
        return Block(self.difficulty[rows], self.points[rows], self.distance[rows], self.known[rows])


def blocks(
    bundles: Mapping[Column, Bundle], labs: Mapping[Column, LabPrior], candidates: Candidates, threads: int
) -> tuple[StrArray, dict[Column, Block]]:
    """Roles of n candidates, (n,), and what each bundle says of them.

    Args:
        bundles: Bundles by target.
        labs: Their lab priors.
        candidates: The candidates.
        threads: Blocks worked on at once.

    Raises:
        InputError: A working ion of the conditions contradicts the compositions.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    batch, frame = with_conditions(candidates)
    names = feature_names(bundles)

    def ask(start: int) -> dict[Column, Block]:
        rows = slice(start, start + BLOCK_ROWS)
        return _ask(bundles, labs, names, batch[rows], frame if len(frame) == 1 else frame.iloc[rows])

    def alone() -> None:
        threadpool_limits(1, user_api="openmp")  # holds for the thread that asks

    starts = range(0, len(batch), BLOCK_ROWS)
    # Libraries keep to one thread: blocks run side by side already.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(max(1, threads), initializer=alone) as pool:
        parts = list(pool.map(ask, starts))
    roles = np.broadcast_to(frame[Column.ROLE].to_numpy(dtype=np.str_), (len(batch),))
    return roles, {target: join_blocks([part[target] for part in parts]) for target in bundles}


def with_conditions(candidates: Candidates) -> tuple[CompositionBatch, pd.DataFrame]:
    """Compositions with their working ions and completed test conditions: one row if all candidates share them.

    Raises:
        InputError: A working ion of the conditions contradicts the compositions.
    """
    from hemml.models.completing import completed

    frame, batch = candidates.conditions, candidates.batch
    if len(frame) != len(batch):
        raise InputError(f"conditions must be one row a candidate ({len(batch)}), got {len(frame)}")
    given, found = frame[Column.WORKING_ION].to_numpy(dtype=np.str_), batch.working_ion
    wrong = (given != "") & (found != "") & (given != found)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"working ion of candidate {row}: must be that of its composition, {found[row]}, got {given[row]} in its "
            "conditions; build the compositions with that ion"
        )
    if ((found == "") & (given != "")).any():
        batch = replace(batch, working_ion=np.where(found == "", given, found))
    if _all_alike(frame) and all(frame[column].iloc[0] for column in BY_RULE):
        return batch, frame.iloc[:1].reset_index(drop=True)
    full = completed(frame, batch, lambda out: replace(batch, working_ion=out[Column.WORKING_ION].to_numpy(np.str_)))
    return replace(batch, working_ion=full[Column.WORKING_ION].to_numpy(dtype=np.str_)), full


def _ask(
    bundles: Mapping[Column, Bundle],
    labs: Mapping[Column, LabPrior],
    names: tuple[str, ...],
    batch: CompositionBatch,
    frame: pd.DataFrame,
) -> dict[Column, Block]:
    from hemml.models.evidence_space import evidence_columns, known_atoms
    from hemml.models.inputs import Compositions
    from hemml.models.literature import literature

    compositions = Compositions.of(batch, names)
    n = len(batch)
    is_cathode = np.broadcast_to(frame[Column.ROLE].to_numpy(dtype=object) == "cathode", (n,))
    out = {}
    for target, bundle in bundles.items():
        inputs = bundle.ensemble.inputs
        conditions = inputs.conditions.transform(frame)
        X = inputs.columns(compositions, is_cathode, np.broadcast_to(conditions, (n, conditions.shape[1])))
        said = literature(bundle, X, many=True)
        out[target] = Block(
            said.difficulty,
            labs[target].space.points(inputs.names, X, said.predicted),
            bundle.evidence.nearest_distance(X[:, evidence_columns(inputs.names)]),
            known_atoms(inputs, compositions),
        )
    return out


def join_blocks(parts: Sequence[Block]) -> Block:
    """Rows of several blocks one after another."""
    points = [part.points for part in parts]
    return Block(
        np.concatenate([part.difficulty for part in parts]),
        Points(
            np.concatenate([point.predicted for point in points]),
            np.concatenate([point.composition for point in points]),
            np.concatenate([point.test for point in points]),
        ),
        np.concatenate([part.distance for part in parts]),
        np.concatenate([part.known for part in parts]),
    )


def _all_alike(frame: pd.DataFrame) -> bool:
    """Whether all rows state the same conditions."""
    return all(frame[name].duplicated().iloc[1:].all() for name in frame.columns if name not in WITHOUT_MEANING)
