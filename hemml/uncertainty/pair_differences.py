"""How well differences between two electrodes are predicted: from pairs of rows that one paper measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike

from hemml.arrays import BoolArray, FloatArray, IntArray, StrArray
from hemml.errors import BundleError, InputError

if TYPE_CHECKING:
    import pandas as pd

PAIR_DIFFERENCES: Final = "pair_differences"
"""Their key in the metadata of a bundle."""
_FORMAT: Final = 1
_LEAST_PAPERS: Final = 20
_MOST_PAIRS: Final = 1000
_COLUMNS: Final = ("paper", "formula", "role", "working_ion", "measured", "predicted")


@dataclass(frozen=True, eq=False)
class PairDifferences:
    """Errors of predicted differences on the learning scale, to give a change an interval of its own.

    The interval of a difference is not made of the intervals of two values: what a paper does to all its rows drops
    out. Each paper counts once, however many pairs it has, so that an interval of level L covers the measured
    difference of a random pair of a new paper with probability L or more. Where too few papers measured two electrodes,
    rows of different papers stand in, which is too wide rather than too narrow.

    Source: Dunn, Wasserman and Ramdas, Distribution-free prediction sets for two-layer hierarchical models, J. Am.
    Stat. Assoc. 2023, 118, 2491, doi 10.1080/01621459.2022.2060112.

    Attributes:
        scores: |measured difference - predicted difference| of each pair, ascending, (p,).
        weights: Weight of each pair; those of one paper sum to 1, (p,).
        papers: Papers that the pairs come from.
        one_paper: Whether the rows of a pair come from one paper.
        n_direction: Papers with pairs of one paper, comparator flag alike, that tell a direction.
        direction: Share of them in which the larger prediction is the larger measured value; NaN without any.
    """

    scores: FloatArray
    weights: FloatArray
    papers: int
    one_paper: bool
    n_direction: int
    direction: float

    @classmethod
    def fit(
        cls,
        measured: ArrayLike,
        predicted: ArrayLike,
        *,
        papers: Sequence[str] | StrArray,
        classes: Sequence[str] | StrArray,
        samples: Sequence[str] | StrArray,
        comparators: ArrayLike | None = None,
        seed: int = 0,
    ) -> PairDifferences:
        """Calibrate on n rows, each predicted by a model that had not seen its paper.

        Args:
            measured: On the learning scale, (n,).
            predicted: On the learning scale, (n,).
            papers: Paper of each row, (n,).
            classes: What both rows of a pair must have in common (role and working ion), (n,).
            samples: Formula of each row; the rows of a pair have different ones, (n,).
            comparators: Whether each row is its paper's comparator, (n,); without it no direction is counted.
            seed: Seed of the drawing of pairs of different papers.

        Raises:
            InputError: Lengths differ, a value is not finite, or no two rows can be compared.
        """
        y, f = np.asarray(measured, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
        names = [np.asarray(texts, dtype=np.str_) for texts in (papers, classes, samples)]
        if y.ndim != 1 or any(part.shape != y.shape for part in (f, *names)):
            raise InputError(f"measured, predicted and texts must be as many, got {[len(p) for p in (y, f, *names)]}")
        if not np.isfinite(np.concatenate([y, f])).all():
            raise InputError("measured and predicted must be finite, got NaN or infinity; leave such rows out")
        paper, kind, sample = names
        first, second = _pairs(paper, kind, sample)
        flags = None if comparators is None else np.asarray(comparators, dtype=bool)
        n_direction, direction = _direction(y, f, paper, first, second, flags)
        one_paper = len(np.unique(paper[first])) >= _LEAST_PAPERS
        if one_paper:
            weights = _weight_by_paper(paper[first])
            n_papers = len(np.unique(paper[first]))
        else:
            first, second = _strangers(paper, kind, seed)
            if not len(first):
                raise InputError("rows must have two to compare, got none of the same class; give more rows")
            n_papers = len(np.unique(np.concatenate([paper[first], paper[second]])))
            weights = np.full(len(first), n_papers / len(first))
        scores = np.abs((y[first] - y[second]) - (f[first] - f[second]))
        order = np.argsort(scores, kind="stable")
        return cls(scores[order], weights[order], n_papers, one_paper, n_direction, direction)

    def half_width(self, level: float) -> float:
        """Half the width of the interval of a change on the learning scale.

        Raises:
            InputError: The level needs more papers than there are.
        """
        if not 0 < level < 1:
            raise InputError(f"level must be between 0 and 1, got {level}")
        needed = level * (self.papers + 1)
        if needed > self.papers + 1e-9:
            raise InputError(
                f"level {level:g} of a change needs pairs of {math.ceil(level / (1 - level) - 1e-9)} papers or more, "
                f"got {self.papers}; ask for at most {math.floor(1000 * self.papers / (self.papers + 1)) / 1000:g}"
            )
        place = int(np.searchsorted(np.cumsum(self.weights), needed - 1e-9))
        return float(self.scores[min(place, len(self.scores) - 1)])

    def chance_of_rise(self, change: ArrayLike) -> FloatArray:
        """Probability that the measured change is a rise, for predicted changes on the learning scale, any shape."""
        size = np.abs(np.asarray(change, dtype=np.float64))
        below = np.concatenate([[0.0], np.cumsum(self.weights)])
        inside = below[np.searchsorted(self.scores, size, side="left")] / (self.papers + 1)
        return np.asarray(0.5 + 0.5 * np.sign(change) * inside)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers that `from_json` reads back exactly."""
        return {
            "format": _FORMAT,
            "scores": self.scores.tolist(),
            "weights": self.weights.tolist(),
            "papers": self.papers,
            "one_paper": self.one_paper,
            "n_direction": self.n_direction,
            "direction": self.direction if self.n_direction else None,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> PairDifferences:
        """Read what `to_json` gave.

        Raises:
            BundleError: The content is of another format or damaged.
        """
        if stored.get("format") != _FORMAT:
            raise BundleError(
                f"pair differences: format must be {_FORMAT}, got {stored.get('format')!r}; use the hemml that wrote it"
            )
        try:
            scores = np.asarray(stored["scores"], dtype=np.float64)
            weights = np.asarray(stored["weights"], dtype=np.float64)
            direction = stored["direction"]
            found = cls(
                scores,
                weights,
                int(stored["papers"]),
                bool(stored["one_paper"]),
                int(stored["n_direction"]),
                math.nan if direction is None else float(direction),
            )
        except (KeyError, TypeError, ValueError) as err:
            raise BundleError(f"pair differences: must be what hemml wrote, got {err!r}; train it again") from err
        if scores.ndim != 1 or not len(scores) or weights.shape != scores.shape:
            raise BundleError(f"pair differences: one weight a score, got {scores.shape} and {weights.shape}")
        if not (np.isfinite(scores).all() and scores[0] >= 0 and (np.diff(scores) >= 0).all() and (weights > 0).all()):
            raise BundleError("pair differences: scores must ascend from 0, weights be positive; the file is damaged")
        return found


def pair_difference_scale(
    out_of_fold: pd.DataFrame, to_scale: Callable[[FloatArray], FloatArray], seed: int = 0
) -> PairDifferences:
    """Calibrate differences on the out-of-paper predictions of a training.

    Args:
        out_of_fold: Rows with paper, formula, role, working_ion, measured and predicted in the target's unit, and
            possibly is_comparator.
        to_scale: The target's transformation to its learning scale.
        seed: Seed of the drawing of pairs of different papers.

    Raises:
        InputError: A column is missing, or no two rows can be compared.
    """
    if missing := [name for name in _COLUMNS if name not in out_of_fold.columns]:
        raise InputError(f"out-of-fold predictions must have the column {missing[0]}, got {list(out_of_fold.columns)}")
    return PairDifferences.fit(
        to_scale(out_of_fold["measured"].to_numpy(dtype=np.float64)),
        to_scale(out_of_fold["predicted"].to_numpy(dtype=np.float64)),
        papers=out_of_fold["paper"].tolist(),
        classes=(out_of_fold["role"] + " " + out_of_fold["working_ion"]).tolist(),
        samples=out_of_fold["formula"].tolist(),
        comparators=out_of_fold["is_comparator"] if "is_comparator" in out_of_fold.columns else None,
        seed=seed,
    )


def _pairs(paper: StrArray, kind: StrArray, sample: StrArray) -> tuple[IntArray, IntArray]:
    """Row numbers of all pairs of one paper and class with different formulas, the earlier row first."""
    _, code = np.unique(np.char.add(np.char.add(paper, "\n"), kind), return_inverse=True)
    order = np.argsort(code, kind="stable")
    first, second = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for rows in np.split(order, np.flatnonzero(np.diff(code[order])) + 1):
        i, j = np.triu_indices(len(rows), 1)
        differ = sample[rows[i]] != sample[rows[j]]
        first.append(rows[i[differ]])
        second.append(rows[j[differ]])
    return np.concatenate(first), np.concatenate(second)


def _strangers(paper: StrArray, kind: StrArray, seed: int) -> tuple[IntArray, IntArray]:
    """Row numbers of pairs of one class and different papers, drawn where there are very many."""
    rng = np.random.default_rng(seed)
    rows = np.arange(len(paper))
    i, j = (
        np.triu_indices(len(rows), 1)
        if len(rows) * (len(rows) - 1) // 2 <= 20 * _MOST_PAIRS
        else rng.integers(0, len(rows), (2, 20 * _MOST_PAIRS))
    )
    use = np.flatnonzero((paper[i] != paper[j]) & (kind[i] == kind[j]))
    if len(use) > _MOST_PAIRS:
        use = rng.choice(use, _MOST_PAIRS, replace=False)
    return i[use], j[use]


def _weight_by_paper(paper: StrArray) -> FloatArray:
    _, code, counts = np.unique(paper, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[code])


def _direction(
    y: FloatArray, f: FloatArray, paper: StrArray, first: IntArray, second: IntArray, flags: BoolArray | None
) -> tuple[int, float]:
    """How many papers compare samples of their own, and how often the prediction has their order."""
    if flags is None:
        return 0, math.nan
    # Whether a row is the comparator is told to the model: a pair of one and none would say nothing of composition.
    use = (flags[first] == flags[second]) & (y[first] != y[second]) & (f[first] != f[second])
    if not use.any():
        return 0, math.nan
    right = np.sign(y[first] - y[second])[use] == np.sign(f[first] - f[second])[use]
    weights = _weight_by_paper(paper[first][use])
    return len(np.unique(paper[first][use])), float(np.average(right, weights=weights))
