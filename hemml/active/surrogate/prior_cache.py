"""A prior on disk, so that a campaign computes it once; a file that is damaged or of other candidates is never used."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import hemml
from hemml.active.candidates import Candidates
from hemml.active.surrogate.prior import Prior, TargetPrior, chosen_bundles
from hemml.active.surrogate.prior_blocks import WITHOUT_MEANING, Block
from hemml.arrays import FloatArray
from hemml.columns import Column
from hemml.files import atomic_write_bytes
from hemml.models.bundle import Bundle
from hemml.models.lab_prior import LabPrior, Points
from hemml.models.own_lab_bundles import PRIOR

if TYPE_CHECKING:
    from hemml.models.prediction import Predictor

_FORMAT: Final = 1
_KEY: Final = "key"
_DIGEST: Final = "digest"
_ROLES: Final = "roles"
_COLUMNS: Final = ("difficulty", "distance", "known", "predicted")
_TABLES: Final = ("composition", "test")


def cached_prior(
    path: Path,
    predictor: Predictor,
    candidates: Candidates,
    targets: Sequence[Column] = (),
    *,
    threads: int = 2,
) -> Prior:
    """The prior of candidates from a file or, where it does not fit them, computed and written there.

    Args:
        path: A `.npz` file in a folder that exists.
        predictor: The bundles.
        candidates: n candidates with their test conditions.
        targets: Which targets; all of the bundles by default.
        threads: As in `Prior.of`.

    Raises:
        OSError: The file cannot be written.
    """
    bundles = chosen_bundles(predictor, targets)
    key = prior_key(bundles, candidates)
    stored = _read(path, key)
    if stored is not None:
        return _restored(stored, bundles, candidates)
    prior = Prior.of(predictor, candidates, targets, threads=threads)
    atomic_write_bytes(path, _written(prior, key))
    return prior


def prior_key(bundles: Mapping[Column, Bundle], candidates: Candidates) -> str:
    """Hash of all that a prior follows from: compositions, conditions, bundles and the version of hemml."""
    digest = hashlib.sha256(f"{_FORMAT} {hemml.__version__}".encode())
    for target, bundle in sorted(bundles.items()):
        about = json.dumps(bundle.metadata, sort_keys=True, default=str)
        digest.update(f"{target} {about}".encode())
        if bundle.lab is not None:
            digest.update(np.ascontiguousarray(bundle.lab.measured).tobytes())
    batch = candidates.batch
    digest.update(repr((batch.elements, batch.anion_species, batch.molecule_species, len(batch))).encode())
    for name in ("cation_sites", "mobile", "alloy", "anion", "molecule"):
        _add(digest, getattr(batch, name))
    for name in ("cation_vacancy", "mobile_vacancy", "anion_vacancy", "working_ion"):
        _add(digest, getattr(batch, name))
    for name in sorted(candidates.conditions.columns):
        values = candidates.conditions[name].to_numpy()
        if name not in WITHOUT_MEANING:
            digest.update(name.encode())
            _add(digest, values if values.dtype.kind in "fb" else values.astype(np.str_))
    return digest.hexdigest()


def _add(digest: Any, values: Any) -> None:
    digest.update(f"{values.shape} {values.dtype}".encode())
    # One row repeated, as a view: its bytes say all.
    repeated = values.ndim > 0 and values.shape[0] > 0 and values.strides[0] == 0
    digest.update(np.ascontiguousarray(values[:1] if repeated else values).tobytes())


def _written(prior: Prior, key: str) -> bytes:
    arrays: dict[str, Any] = {_ROLES: prior.roles}
    for target, found in prior.targets.items():
        points = found.points
        columns = (found.block.difficulty, found.block.distance, found.block.known, points.predicted)
        arrays |= {f"{target}.{name}": column for name, column in zip(_COLUMNS, columns, strict=True)}
        for name in _TABLES:
            arrays |= _packed(f"{target}.{name}", getattr(points, name))
    stream = io.BytesIO()
    np.savez(stream, **{_KEY: np.array(key), _DIGEST: np.array(_digest(arrays)), **arrays})
    return stream.getvalue()


def _packed(name: str, table: FloatArray) -> dict[str, Any]:
    """A table as its first row and the columns that differ from it: most elements and classes never occur."""
    varies = (table != table[:1]).any(axis=0)
    return {f"{name}.first": table[0], f"{name}.varies": varies, f"{name}.columns": table[:, varies]}


def _unpacked(stored: Mapping[str, Any], name: str, n: int) -> FloatArray:
    table = np.repeat(stored[f"{name}.first"][None, :], n, axis=0)
    table[:, stored[f"{name}.varies"]] = stored[f"{name}.columns"]
    return table


def _digest(arrays: Mapping[str, Any]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode())
        _add(digest, np.ascontiguousarray(arrays[name]))
    return digest.hexdigest()


def _read(path: Path, key: str) -> dict[str, Any] | None:
    """Arrays of a file written for this key, None if there is none or it is not whole."""
    try:
        # opened here: np.load leaves the file open when the archive is damaged
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if str(stored[_KEY]) != key:
                return None
            arrays = {name: stored[name] for name in stored.files if name not in (_KEY, _DIGEST)}
            return arrays if _digest(arrays) == str(stored[_DIGEST]) else None
    except (OSError, KeyError, TypeError, ValueError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error):
        return None  # a cache is never needed: what cannot be read is computed again


def _restored(stored: Mapping[str, Any], bundles: Mapping[Column, Bundle], candidates: Candidates) -> Prior:
    n = len(candidates)
    targets = {}
    for target, bundle in bundles.items():
        difficulty, distance, known, predicted = (stored[f"{target}.{name}"] for name in _COLUMNS)
        composition, test = (_unpacked(stored, f"{target}.{name}", n) for name in _TABLES)
        block = Block(difficulty, Points(predicted, composition, test), distance, known)
        targets[target] = TargetPrior(bundle, LabPrior.from_json(bundle.metadata.get(PRIOR)), block)
    return Prior(candidates.batch, stored[_ROLES], targets)
