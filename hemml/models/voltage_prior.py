"""The voltage that first-principles calculations would give a cathode: learned from computed insertion electrodes.

It knows hosts that no one has measured and misses what measurements add (polarisation, windows, conversion), so it is a
starting point of the voltage model, not its answer. Where it does not apply the redox ladder stands in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.composition import CompositionBatch
from hemml.data import resource_path, sha256_of
from hemml.elements.redox_table import ENVIRONMENTS
from hemml.errors import BundleError
from hemml.features import FeatureSet
from hemml.features.base import Columns
from hemml.features.expected import NEEDED, expected
from hemml.features.insertion import CAPACITIES, Insertion
from hemml.features.insertion_columns import NAMES, insertion_columns
from hemml.features.redox_ladder import environments
from hemml.files import atomic_directory
from hemml.models.member_files import METADATA, check_files, hashes_of, load_member, save_member

VOLTAGE_PRIOR: Final = "voltage_prior_V"
"""Name of the column, and of the feature in a configuration."""

FORMAT: Final = 1
KIND: Final = "voltage prior"
CARD: Final = "card.md"
_POTENTIAL: Final = NAMES.index("ion_potential_V_Li")


@dataclass(frozen=True, eq=False)
class VoltagePrior:
    """Regressors of computed voltages on the scale of lithium, and where they may be used.

    Attributes:
        members: Fitted regressors by name; their mean counts.
        environments: Redox environments of which enough hosts were computed.
        metadata: Scores, filter, hash of the table, configuration and versions; plain JSON.
        sha256: Of the metadata, which holds those of all other files; empty before it is saved.
    """

    members: Mapping[str, Any]
    environments: tuple[str, ...]
    metadata: Mapping[str, Any]
    sha256: str = ""

    @classmethod
    def load(cls, folder: Path | None = None) -> VoltagePrior:
        """Read a prior; the one that comes with hemml without a folder.

        Raises:
            BundleError: The folder holds no prior of this hemml, is damaged, or holds a type hemml does not trust.
        """
        return _load(folder or resource_path("models", "voltage_prior"))

    def of_hosts(self, hosts: Insertion) -> FloatArray:
        """Computed voltage of n hosts between given ends, V against the metal of the ion, (n,)."""
        return predict_columns(self.members, insertion_columns(hosts))

    def computed(self, batch: CompositionBatch, known: Columns | None = None) -> FloatArray:
        """Computed voltage of n cathodes as made, V against the metal of their working ion, (n,).

        NaN where it does not apply: alloys, hosts without a redox step, and environments without computed hosts.

        Args:
            batch: n cathodes.
            known: Features of them that are computed already, among them `CAPACITIES`; else these are computed.
        """
        out = np.full(len(batch), np.nan)
        hosts, rows = self.hosts(batch, known)
        if len(rows):
            out[rows] = self.of_hosts(hosts)
        return out

    def hosts(self, batch: CompositionBatch, known: Columns | None = None) -> tuple[Insertion, IntArray]:
        """Those of n cathodes that it applies to, between the ends of their charge, and their rows.

        Args:
            batch: n cathodes.
            known: As for `computed`.
        """
        applies = np.flatnonzero(self._knows(batch))
        if len(applies) == len(batch):
            return Insertion.of(batch, known)
        if known is not None:
            known = {name: known[name][applies] for name in CAPACITIES}
        hosts, rows = Insertion.of(batch[applies], known)
        return hosts, applies[rows]

    def predict(self, batch: CompositionBatch) -> FloatArray:
        """The same with the redox ladder's potential where it does not apply, so that nothing is missing, (n,)."""
        volts = self.computed(batch)
        missing = np.flatnonzero(np.isnan(volts))
        if len(missing):
            values = FeatureSet.default(NEEDED).compute(batch[missing])
            volts[missing] = expected(values, NEEDED, np.ones(len(missing), dtype=bool))[:, 1]
        return volts

    def save(self, folder: Path, card: str) -> None:
        """Write the prior; the folder appears whole or not at all, an old one is replaced at the end."""
        with atomic_directory(folder) as fresh:
            files = {name: save_member(name, member, fresh) for name, member in self.members.items()}
            (fresh / CARD).write_text(card, encoding="utf-8")
            about = {
                **self.metadata,
                "format": FORMAT,
                "kind": KIND,
                "unit": "V",
                "columns": list(NAMES),
                "environments": list(self.environments),
                "members": files,
                "files": hashes_of(fresh),
            }
            text = json.dumps(about, indent=1, sort_keys=True, allow_nan=False)
            (fresh / METADATA).write_text(text + "\n", encoding="utf-8")

    def _knows(self, batch: CompositionBatch) -> BoolArray:
        codes = [ENVIRONMENTS.index(name) for name in self.environments]
        return np.isin(environments(batch), codes)


def predict_columns(members: Mapping[str, Any], X: FloatArray) -> FloatArray:
    """Mean prediction of regressors on the lithium scale, moved to the metal of the ion, V, (n,).

    Args:
        members: Fitted regressors.
        X: Columns of `insertion_columns`, (n, c).
    """
    total = np.zeros(len(X))
    for member in members.values():
        total += np.asarray(member.predict(X), dtype=np.float64)
    return total / len(members) - X[:, _POTENTIAL]


def on_lithium_scale(volts: FloatArray, X: FloatArray) -> FloatArray:
    """Voltages against the metal of the ion on the scale of lithium, on which those of all ions are alike, (n,)."""
    return volts + X[:, _POTENTIAL]


def known_environments(batch: CompositionBatch, least: int) -> tuple[str, ...]:
    """Redox environments of which a batch holds `least` hosts or more."""
    counts = np.bincount(environments(batch), minlength=len(ENVIRONMENTS))
    return tuple(name for name, count in zip(ENVIRONMENTS, counts, strict=True) if count >= least)


@lru_cache(maxsize=4)
def _load(folder: Path) -> VoltagePrior:
    path = folder / METADATA
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise BundleError(
            f"{path}: must be the metadata of a voltage prior, got: {err}; make one with hemml voltage-prior"
        ) from err
    if not isinstance(about, dict) or about.get("kind") != KIND or about.get("format") != FORMAT:
        raise BundleError(f"{path}: must be a voltage prior of format {FORMAT}; use the hemml that wrote it")
    check_files(folder, about)
    if about.get("columns") != list(NAMES):
        raise BundleError(f"{path}: columns must be those of this hemml; use the hemml that wrote it")
    try:
        members = {str(name): load_member(folder / file) for name, file in about["members"].items()}
        known = _environments(about["environments"])
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise BundleError(f"{path}: must be what hemml wrote, got {err!r}; make it again") from err
    if not members:
        raise BundleError(f"{path}: must name a regressor, got none; make it again with hemml voltage-prior")
    return VoltagePrior(members, known, about, sha256_of(path))


def _environments(names: Sequence[str]) -> tuple[str, ...]:
    if unknown := [name for name in names if name not in ENVIRONMENTS]:
        raise ValueError(f"environment {unknown[0]!r}")
    return tuple(names)
