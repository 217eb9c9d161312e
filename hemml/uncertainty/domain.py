"""What published records a prediction rests on, and whether they are near enough."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hemml.arrays import BoolArray, FloatArray, IntArray, StrArray
from hemml.errors import BundleError, InputError

_FORMAT: Final = 1
_NPZ: Final = "evidence.npz"
_JSON: Final = "evidence.json"
_ARRAYS: Final = ("center", "scale", "weights", "matrix", "record_ids", "papers", "dois", "formulas", "values")
_CHUNK_CELLS: Final = 4_000_000  # distances held at once: 32 MB


@dataclass(frozen=True, eq=False)
class Evidence:
    """The training records in descriptor space.

    Distance of two materials: root of the weighted mean square difference of their descriptors, each in standard
    deviations of the training records; 0 for equal descriptors, near 1.4 for two records drawn at random.

    Attributes:
        names: Descriptor names, m of them.
        center: Mean of each descriptor over the training records, (m,).
        scale: Standard deviation of each, 1 where it does not vary, (m,).
        weights: Weight of each descriptor in the mean square, summing to 1, (m,).
        matrix: Training records, standardised and multiplied by the root of the weights, (n, m).
        record_ids: Record id of each training record, (n,).
        papers: Its paper: the DOI, or the page where there is none, (n,).
        dois: Its DOI, "" where there is none, (n,).
        formulas: Its formula, (n,).
        values: Its measured target value, (n,).
        threshold: Largest distance to the nearest record at which a material counts as inside the domain.
        quantile: Fraction of the training records inside the domain when their own paper is left out.
    """

    names: tuple[str, ...]
    center: FloatArray
    scale: FloatArray
    weights: FloatArray
    matrix: NDArray[np.float32]
    record_ids: StrArray
    papers: StrArray
    dois: StrArray
    formulas: StrArray
    values: FloatArray
    threshold: float
    quantile: float

    @classmethod
    def fit(
        cls,
        descriptors: ArrayLike,
        names: Sequence[str],
        *,
        record_ids: Sequence[str] | StrArray,
        papers: Sequence[str] | StrArray,
        dois: Sequence[str] | StrArray,
        formulas: Sequence[str] | StrArray,
        values: ArrayLike,
        weights: ArrayLike | None = None,
        quantile: float = 0.95,
    ) -> Evidence:
        """Standardise the training records and calibrate the domain on held-out papers.

        The threshold is the given quantile of the distance from each training record to the nearest record of any
        other paper.

        Args:
            descriptors: Descriptors of the training records, (n, m), without NaN.
            names: Name of each descriptor, (m,).
            record_ids: Record id of each record, (n,).
            papers: Paper of each record, (n,).
            dois: DOI of each record or "", (n,).
            formulas: Formula of each record, (n,).
            values: Measured target value of each record, (n,).
            weights: Weight of each descriptor, (m,), not negative; equal if not given.
            quantile: Fraction of training records to count as inside.

        Raises:
            InputError: If a descriptor is NaN or infinite, lengths differ, or all records are of one paper.
        """
        x = _descriptors(descriptors, tuple(names))
        if not 0 < quantile < 1:
            raise InputError(f"quantile must be between 0 and 1, got {quantile}")
        share = _shares(weights, x.shape[1])
        scale = x.std(axis=0)
        # a mean of equal numbers is off by rounding, so the deviation of a constant is not exactly 0
        scale[scale <= 1e-12 * np.abs(x).max(axis=0)] = 1.0
        texts = {"record_ids": record_ids, "papers": papers, "dois": dois, "formulas": formulas}
        columns = {name: np.asarray(text, dtype=np.str_) for name, text in texts.items()}
        measured = np.asarray(values, dtype=np.float64)
        for name, column in {**columns, "values": measured}.items():
            if column.shape != (len(x),):
                raise InputError(f"{name} must have one entry a record ({len(x)},), got shape {column.shape}")
        if len(np.unique(columns["papers"])) < 2:
            raise InputError("papers must be at least 2 different ones to calibrate a domain, got 1")
        center = x.mean(axis=0)
        matrix = _place(x, center, scale, share)
        distances = _nearest(matrix, matrix, 1, _same_label(columns["papers"], columns["papers"]))[1][:, 0]
        threshold = float(np.quantile(distances, quantile))
        return cls(
            tuple(names),
            center,
            scale,
            share,
            matrix,
            values=measured,
            threshold=threshold,
            quantile=quantile,
            **columns,
        )

    def __len__(self) -> int:
        return len(self.matrix)

    def nearest(
        self,
        descriptors: ArrayLike,
        k: int = 5,
        *,
        without_papers: Sequence[str] | StrArray | None = None,
        without_records: Sequence[str] | StrArray | None = None,
    ) -> tuple[IntArray, FloatArray]:
        """Find the nearest training records, exactly.

        Args:
            descriptors: Descriptors of the materials asked about, (q, m), not standardised, without NaN.
            k: How many records.
            without_papers: Paper to leave out for each row, (q,); "" leaves out none.
            without_records: Record id to leave out for each row, (q,); "" leaves out none.

        Returns:
            Row numbers of the records, (q, k), and their distances, (q, k), ascending; equal distances stand in the
            order of the records.

        Raises:
            InputError: If a descriptor is NaN, shapes do not fit, or fewer than `k` records remain.
        """
        query = _place(_descriptors(descriptors, self.names), self.center, self.scale, self.weights)
        exclude = []
        for name, asked, known in (
            ("without_papers", without_papers, self.papers),
            ("without_records", without_records, self.record_ids),
        ):
            if asked is None:
                continue
            labels = np.asarray(asked, dtype=np.str_)
            if labels.shape != (len(query),):
                raise InputError(f"{name} must have one entry a row ({len(query)},), got shape {labels.shape}")
            exclude.append(_same_label(labels, known))
        return _nearest(query, self.matrix, k, *exclude)

    def in_domain(self, distances: ArrayLike) -> BoolArray:
        """Say whether the distance to the nearest record, (q,), is within the threshold, (q,)."""
        return np.asarray(distances, dtype=np.float64) <= self.threshold

    def save(self, folder: Path) -> None:
        """Write `evidence.npz` and `evidence.json` into a folder that exists."""
        np.savez_compressed(folder / _NPZ, **{name: getattr(self, name) for name in _ARRAYS})
        about = {
            "format": _FORMAT,
            "names": list(self.names),
            "threshold": self.threshold,
            "quantile": self.quantile,
        }
        (folder / _JSON).write_text(json.dumps(about, indent=1, allow_nan=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Evidence:
        """Read what `save` wrote; no stored object can run code.

        Raises:
            BundleError: If a file is missing, damaged or of another format.
        """
        try:
            about = json.loads((folder / _JSON).read_text(encoding="utf-8"))
            # opened here: np.load leaves the file open when the archive is damaged
            with (folder / _NPZ).open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in _ARRAYS}
            if about["format"] != _FORMAT:
                raise BundleError(
                    f"{folder / _JSON}: format must be {_FORMAT}, got {about['format']!r}; use the hemml that wrote it"
                )
            names, threshold, quantile = tuple(about["names"]), float(about["threshold"]), float(about["quantile"])
        except (OSError, KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as err:
            raise BundleError(f"{folder}: {_NPZ} and {_JSON} must be a pair that hemml wrote, got: {err}") from err
        n, m = len(arrays["record_ids"]), len(names)
        for name, array in arrays.items():
            shape = {"matrix": (n, m), "center": (m,), "scale": (m,), "weights": (m,)}.get(name, (n,))
            kind = "U" if name in {"record_ids", "papers", "dois", "formulas"} else "f"
            if array.shape != shape or array.dtype.kind != kind:
                raise BundleError(
                    f"{folder / _NPZ}: {name} must have shape {shape} and kind {kind}, "
                    f"got {array.shape} and {array.dtype.kind}; the file is damaged"
                )
        return cls(names, threshold=threshold, quantile=quantile, **arrays)


def _descriptors(values: ArrayLike, names: tuple[str, ...]) -> FloatArray:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] != len(names):
        raise InputError(f"descriptors must have shape (rows, {len(names)}), got {x.shape}")
    bad = ~np.isfinite(x)
    if bad.any():
        row, column = (int(i[0]) for i in np.nonzero(bad))
        raise InputError(
            f"descriptors must be finite, got {x[row, column]} for {names[column]!r} in row {row} "
            f"({bad.sum()} in all); fill what does not apply with a constant and add a column that says so"
        )
    return x


def _shares(weights: ArrayLike | None, length: int) -> FloatArray:
    share = np.ones(length) if weights is None else np.asarray(weights, dtype=np.float64)
    if share.shape != (length,) or not np.isfinite(share).all() or (share < 0).any() or share.sum() <= 0:
        raise InputError(
            f"weights must be {length} numbers, none negative and not all 0, got shape {share.shape} "
            f"with smallest {share.min(initial=np.inf):g}"
        )
    return np.asarray(share / share.sum())


def _place(x: FloatArray, center: FloatArray, scale: FloatArray, weights: FloatArray) -> NDArray[np.float32]:
    """Put rows where Euclidean distance is the distance wanted; in float32, so a record asked about is at exactly 0."""
    return np.asarray((x - center) / scale * np.sqrt(weights), dtype=np.float32)


def _same_label(asked: StrArray, known: StrArray) -> tuple[IntArray, IntArray]:
    """Return integer codes of both, equal where the labels are; -1 for an empty label asked for."""
    distinct, known_codes = np.unique(known, return_inverse=True)
    place = np.searchsorted(distinct, asked).clip(max=len(distinct) - 1)
    return np.where((distinct[place] == asked) & (asked != ""), place, -1), known_codes


def _nearest(
    query: NDArray[np.float32], matrix: NDArray[np.float32], k: int, *exclude: tuple[IntArray, IntArray]
) -> tuple[IntArray, FloatArray]:
    """Nearest rows of `matrix` for each row of `query`, leaving out pairs with equal codes."""
    if not 1 <= k <= len(matrix):
        raise InputError(f"k must be between 1 and the number of records ({len(matrix)}), got {k}")
    indices = np.empty((len(query), k), dtype=np.int64)
    distances = np.empty((len(query), k))
    known = matrix.astype(np.float64)
    known_square = (known**2).sum(axis=1)
    step = max(1, _CHUNK_CELLS // len(matrix))
    for start in range(0, len(query), step):
        rows = slice(start, start + step)
        asked = query[rows].astype(np.float64)
        square = (asked**2).sum(axis=1)[:, None] + known_square
        tolerance = 1e-12 * square.max(axis=1)
        square -= 2 * asked @ known.T
        for asked_code, known_code in exclude:
            square[asked_code[rows, None] == known_code] = np.inf
        last = np.partition(square, k - 1, axis=1)[:, k - 1]
        if np.isinf(last).any():
            raise InputError(f"k must leave {k} records after leaving out the row's own, got fewer; use a smaller k")
        # The product form rounds: take all that may be among the k nearest, then compare true differences. Ties are
        # common (one formula in many papers) and go by record order, whatever the number of rows asked about.
        row, record = np.nonzero(square <= (last + tolerance)[:, None])
        exact = _pair_squares(asked, known, row, record)
        order = np.lexsort((record, exact, row))
        first = np.searchsorted(row[order], np.arange(len(asked)))
        chosen = order[first[:, None] + np.arange(k)]
        indices[rows] = record[chosen]
        distances[rows] = np.sqrt(exact[chosen])
    return indices, distances


def _pair_squares(a: FloatArray, b: FloatArray, i: IntArray, j: IntArray) -> FloatArray:
    """Squared distances of rows i of a from rows j of b, in blocks: where all descriptors tie, pairs are many."""
    block = max(1, _CHUNK_CELLS // max(1, a.shape[1]))
    parts = [
        ((a[i[start : start + block]] - b[j[start : start + block]]) ** 2).sum(axis=1)
        for start in range(0, len(i), block)
    ]
    return np.concatenate([np.empty(0), *parts])
