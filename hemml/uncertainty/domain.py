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
from hemml.uncertainty.neighbours import keep_varied, nearest_distances, nearest_rows, same_label

_FORMAT: Final = 2
_READABLE: Final = (1, 2)  # format 1 knew neither tests nor errors
QUANTILE: Final = 0.9
_NPZ: Final = "evidence.npz"
_JSON: Final = "evidence.json"
_TEXTS: Final = ("record_ids", "papers", "dois", "formulas", "tests")
_ARRAYS: Final = ("center", "scale", "weights", "matrix", *_TEXTS, "values")
_DEPTH: Final = 8  # neighbours looked at for one that is shown, at first


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
        tests: How it was tested, such as "0.5 C, 500 cycles", "" where that is not stated, (n,).
        values: Its measured target value, (n,).
        threshold: Largest distance to the nearest record at which a material counts as inside the domain.
        quantile: Fraction of the training records inside the domain when their own paper is left out.
        error_inside: Mean absolute error, on the learning scale, of the training records inside the domain when their
            own paper is left out, by models that had not seen their papers; None where it was not measured.
        error_outside: The same of those outside.
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
    tests: StrArray
    values: FloatArray
    threshold: float
    quantile: float
    error_inside: float | None = None
    error_outside: float | None = None

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
        tests: Sequence[str] | StrArray | None = None,
        weights: ArrayLike | None = None,
        quantile: float = QUANTILE,
        errors: ArrayLike | None = None,
    ) -> Evidence:
        """Standardise the training records and calibrate the domain on held-out papers.

        The threshold is the given quantile of the distance from each training record to the nearest record of any
        other paper. What lies beyond should err more; `errors` show whether it does.

        Args:
            descriptors: Descriptors of the training records, (n, m), without NaN.
            names: Name of each descriptor, (m,).
            record_ids: Record id of each record, (n,).
            papers: Paper of each record, (n,).
            dois: DOI of each record or "", (n,).
            formulas: Formula of each record, (n,).
            values: Measured target value of each record, (n,).
            tests: How each record was tested, (n,); not known if not given.
            weights: Weight of each descriptor, (m,), not negative; equal if not given.
            quantile: Fraction of training records to count as inside.
            errors: Error of each record on the learning scale, predicted by a model that had not seen its paper, (n,).

        Raises:
            InputError: If a descriptor or error is NaN or infinite, lengths differ, or all records are of one paper.
        """
        x = _descriptors(descriptors, tuple(names))
        if not 0 < quantile < 1:
            raise InputError(f"quantile must be between 0 and 1, got {quantile}")
        share = _shares(weights, x.shape[1])
        scale = x.std(axis=0)
        # a mean of equal numbers is off by rounding, so the deviation of a constant is not exactly 0
        scale[scale <= 1e-12 * np.abs(x).max(axis=0)] = 1.0
        untold = [""] * len(x) if tests is None else tests
        texts = {"record_ids": record_ids, "papers": papers, "dois": dois, "formulas": formulas, "tests": untold}
        columns = {name: np.asarray(text, dtype=np.str_) for name, text in texts.items()}
        measured = np.asarray(values, dtype=np.float64)
        for name, column in {**columns, "values": measured}.items():
            if column.shape != (len(x),):
                raise InputError(f"{name} must have one entry a record ({len(x)},), got shape {column.shape}")
        if len(np.unique(columns["papers"])) < 2:
            raise InputError("papers must be at least 2 different ones to calibrate a domain, got 1")
        center = x.mean(axis=0)
        matrix = _place(x, center, scale, share)
        distances = nearest_rows(matrix, matrix, 1, same_label(columns["papers"], columns["papers"]))[1][:, 0]
        threshold = float(np.quantile(distances, quantile))
        inside, outside = _errors(errors, distances <= threshold)
        return cls(
            tuple(names),
            center,
            scale,
            share,
            matrix,
            values=measured,
            threshold=threshold,
            quantile=quantile,
            error_inside=inside,
            error_outside=outside,
            **columns,
        )

    def placed(self, descriptors: ArrayLike) -> NDArray[np.float32]:
        """Materials where their Euclidean distance from the rows of `matrix` is the distance, (q, m).

        Raises:
            InputError: If a descriptor is NaN or the shape does not fit.
        """
        return _place(_descriptors(descriptors, self.names), self.center, self.scale, self.weights)

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
        query = self.placed(descriptors)
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
            exclude.append(same_label(labels, known))
        return nearest_rows(query, self.matrix, k, *exclude)

    def nearest_distance(self, descriptors: ArrayLike) -> FloatArray:
        """Distance to the nearest training record, (q,), for very many rows; equal to `nearest` to 1e-6.

        Args:
            descriptors: Descriptors of the materials asked about, (q, m), not standardised, without NaN.

        Raises:
            InputError: If a descriptor is NaN or the shape does not fit.
        """
        return nearest_distances(self.placed(descriptors), self.matrix)

    def varied(self, descriptors: ArrayLike, k: int = 5, of_a_paper: int = 2) -> tuple[IntArray, FloatArray]:
        """Find the nearest training records that differ: each formula of a paper once, and few records of one paper.

        Args:
            descriptors: Descriptors of the materials asked about, (q, m), not standardised, without NaN.
            k: How many records.
            of_a_paper: Most records of one paper.

        Returns:
            Row numbers of the records, (q, k), -1 where there are no more, and their distances, (q, k), ascending,
            infinite where there are no more.

        Raises:
            InputError: If a descriptor is NaN, or shapes do not fit.
        """
        x = np.asarray(descriptors, dtype=np.float64)
        papers, formulas = (np.unique(labels, return_inverse=True)[1] for labels in (self.papers, self.formulas))
        rows = np.full((len(x), k), -1)
        distances = np.full((len(x), k), np.inf)
        left, depth = np.arange(len(x)), 0
        while len(left) and depth < len(self):
            depth = min(len(self), max(_DEPTH * k, 4 * depth))
            near, far = self.nearest(x[left], depth)
            keep = keep_varied(papers[near], formulas[near], of_a_paper)
            # stable: those to keep move to the front in the order of their distance
            order = np.argsort(~keep, axis=1, kind="stable")[:, :k]
            kept = np.take_along_axis(keep, order, axis=1)
            width = order.shape[1]
            rows[left, :width] = np.where(kept, np.take_along_axis(near, order, axis=1), -1)
            distances[left, :width] = np.where(kept, np.take_along_axis(far, order, axis=1), np.inf)
            left = left[keep.sum(axis=1) < k]
        return rows, distances

    @property
    def error_ratio(self) -> float | None:
        """How many times larger errors were outside the domain than inside, None where that was not measured."""
        if self.error_inside is None or self.error_outside is None or self.error_inside == 0:
            return None
        return self.error_outside / self.error_inside

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
            "error_inside": self.error_inside,
            "error_outside": self.error_outside,
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
            if about["format"] not in _READABLE:
                raise BundleError(
                    f"{folder / _JSON}: format must be {_FORMAT}, got {about['format']!r}; use the hemml that wrote it"
                )
            # opened here: np.load leaves the file open when the archive is damaged
            with (folder / _NPZ).open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in _ARRAYS if name != "tests" or about["format"] > 1}
            inside, outside = (
                None if about.get(name) is None else float(about[name]) for name in ("error_inside", "error_outside")
            )
            names, threshold, quantile = tuple(about["names"]), float(about["threshold"]), float(about["quantile"])
        except (OSError, KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as err:
            raise BundleError(f"{folder}: {_NPZ} and {_JSON} must be a pair that hemml wrote, got: {err}") from err
        arrays.setdefault("tests", np.full(len(arrays["record_ids"]), ""))
        n, m = len(arrays["record_ids"]), len(names)
        for name, array in arrays.items():
            shape = {"matrix": (n, m), "center": (m,), "scale": (m,), "weights": (m,)}.get(name, (n,))
            kind = "U" if name in _TEXTS else "f"
            if array.shape != shape or array.dtype.kind != kind:
                raise BundleError(
                    f"{folder / _NPZ}: {name} must have shape {shape} and kind {kind}, "
                    f"got {array.shape} and {array.dtype.kind}; the file is damaged"
                )
        return cls(names, threshold=threshold, quantile=quantile, error_inside=inside, error_outside=outside, **arrays)


def _errors(errors: ArrayLike | None, inside: BoolArray) -> tuple[float | None, float | None]:
    if errors is None:
        return None, None
    size = np.abs(np.asarray(errors, dtype=np.float64))
    if size.shape != inside.shape or not np.isfinite(size).all():
        raise InputError(f"errors must be one finite number a record ({len(inside)},), got shape {size.shape}")
    if inside.all():
        return float(size.mean()), None
    return float(size[inside].mean()), float(size[~inside].mean())


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
