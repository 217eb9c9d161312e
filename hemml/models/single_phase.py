"""The probability that a composition forms a single phase: what tables say, and what own syntheses add.

Two models: compounds mix on cation sublattices, alloys on one. Both look at a few descriptors; a campaign's own
outcomes move the probability of like compositions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.composition import CompositionBatch
from hemml.data import resource_path
from hemml.errors import BundleError, InputError, UnknownNameError
from hemml.files import atomic_directory
from hemml.models.member_files import METADATA, check_files, hashes_of, load_member
from hemml.models.single_phase_columns import ALLOY, IONIC, KINDS, Points, columns_of, is_alloy, oxygen_share
from hemml.models.single_phase_kind import KindModel
from hemml.models.single_phase_logistic import sigmoid
from hemml.models.single_phase_update import Covariance, OwnOutcomes, OwnWorkScales, Posterior

FORMAT: Final = 1
KIND: Final = "single-phase model"
CARD: Final = "card.md"


@dataclass(frozen=True, eq=False)
class SinglePhase:
    """Probability of a single phase.

    Attributes:
        models: Model of each kind of material.
        beyond_oxides: How much of the log odds' distance from the base rate counts where no anion is oxygen.
        scales: How far own outcomes reach.
        metadata: Scores, hashes of the tables, configuration and versions; plain JSON.
        own: Own outcomes by kind of material; none as it comes with hemml.
    """

    models: Mapping[str, KindModel]
    beyond_oxides: float
    scales: OwnWorkScales
    metadata: Mapping[str, Any]
    own: Mapping[str, OwnOutcomes] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path | None = None) -> SinglePhase:
        """Read a model; the one that comes with hemml without a folder.

        Raises:
            BundleError: The folder holds no single-phase model of this hemml, or is damaged.
        """
        return _load(folder or resource_path("models", "single_phase"))

    def probability(self, batch: CompositionBatch) -> FloatArray:
        """Probability that each of n materials forms a single phase, never 0 nor 1, (n,).

        Raises:
            InputError: Element data that a descriptor needs is missing.
        """
        return sigmoid(self.log_odds(batch))

    def log_odds(self, batch: CompositionBatch) -> FloatArray:
        """Natural logarithm of probability / (1 - probability) of n materials, (n,).

        Raises:
            InputError: Element data that a descriptor needs is missing.
        """
        out = np.empty(len(batch))
        for kind, rows in _rows_of_kinds(batch).items():
            points, prior = self._expected(kind, batch[rows])
            known = self._posteriors.get(kind)
            out[rows] = prior if known is None else known.log_odds(points, prior)
        return out

    def base_rates(self, batch: CompositionBatch) -> FloatArray:
        """Share of single phases where nothing but the kind of material is known, (n,)."""
        return np.where(is_alloy(batch), self.models[ALLOY].base_rate, self.models[IONIC].base_rate)

    def updated(self, batch: CompositionBatch, outcomes: BoolArray) -> SinglePhase:
        """The same model with own syntheses taken into account, beside those it already knows.

        The order of outcomes does not matter, nor whether they come at once or one after the other. Compounds tell
        nothing about alloys, and the other way round.

        Args:
            batch: k materials that were made.
            outcomes: Whether each came out as a single phase, (k,).

        Raises:
            InputError: The numbers differ, outcomes are not true or false, or element data is missing.
        """
        single = np.asarray(outcomes)
        if single.shape != (len(batch),) or single.dtype != np.bool_:
            raise InputError(
                f"outcomes must be true or false for each of {len(batch)} materials, "
                f"got {single.dtype} of shape {single.shape}; give one a material"
            )
        own = dict(self.own)
        for kind, rows in _rows_of_kinds(batch).items():
            points, prior = self._expected(kind, batch[rows])
            fresh = OwnOutcomes(points, single[rows], prior)
            own[kind] = own[kind].joined(fresh) if kind in own else fresh.joined(_none_like(fresh))
        return replace(self, own=own)

    def save(self, folder: Path, card: str) -> None:
        """Write the model; the folder appears whole or not at all, an old one is replaced at the end.

        Raises:
            InputError: It knows own outcomes, which belong to their campaign.
        """
        if self.own:
            raise InputError(
                f"single-phase model: must hold no own outcomes to be written, got {sum(map(len, self.own.values()))}; "
                "write the model that they were given to"
            )
        with atomic_directory(folder) as fresh:
            files = {kind: f"{kind}.ubj" for kind, model in self.models.items() if model.booster is not None}
            for kind, name in files.items():
                self.models[kind].booster.save_model(fresh / name)
            (fresh / CARD).write_text(card, encoding="utf-8")
            about = {
                **self.metadata,
                "format": FORMAT,
                "kind": KIND,
                "models": {kind: model.to_json() for kind, model in self.models.items()},
                "beyond_oxides": self.beyond_oxides,
                "own_work": self.scales.to_json(),
                "members": files,
                "files": hashes_of(fresh),
            }
            text = json.dumps(about, indent=1, sort_keys=True, allow_nan=False)
            (fresh / METADATA).write_text(text + "\n", encoding="utf-8")

    def _expected(self, kind: str, batch: CompositionBatch) -> tuple[Points, FloatArray]:
        """Points of n materials of one kind, and their log odds without own outcomes, (n,)."""
        model = self.models[kind]
        basis = model.basis(columns_of(batch, model.columns))
        log_odds = model.log_odds(basis)
        if kind == IONIC:
            # What oxides teach counts in part for other anions, of which no table lists failures.
            trust = self.beyond_oxides + (1.0 - self.beyond_oxides) * oxygen_share(batch)
            log_odds = model.base_log_odds + trust * (log_odds - model.base_log_odds)
        return Points.of(batch, basis), log_odds

    @cached_property
    def _posteriors(self) -> dict[str, Posterior]:
        return {
            kind: Posterior.fit(outcomes, Covariance(self.scales, self.models[kind].weights_covariance))
            for kind, outcomes in self.own.items()
        }


def _rows_of_kinds(batch: CompositionBatch) -> dict[str, IntArray]:
    """Rows of each kind of material that occurs."""
    alloy = is_alloy(batch)
    rows = {IONIC: np.flatnonzero(~alloy), ALLOY: np.flatnonzero(alloy)}
    return {kind: found for kind, found in rows.items() if len(found)}


def _none_like(outcomes: OwnOutcomes) -> OwnOutcomes:
    return OwnOutcomes(outcomes.points[:0], outcomes.single[:0], outcomes.log_odds[:0])


@lru_cache(maxsize=4)
def _load(folder: Path) -> SinglePhase:
    path = folder / METADATA
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise BundleError(
            f"{path}: must be the metadata of a single-phase model, got: {err}; make one with hemml single-phase train"
        ) from err
    if not isinstance(about, dict) or about.get("kind") != KIND or about.get("format") != FORMAT:
        raise BundleError(f"{path}: must be a single-phase model of format {FORMAT}; use the hemml that wrote it")
    try:
        check_files(folder, about)
        boosters = {kind: load_member(folder / file) for kind, file in about["members"].items()}
        models = {kind: KindModel.from_json(about["models"][kind], boosters.get(kind)) for kind in KINDS}
        beyond = float(about["beyond_oxides"])
        if not 0 <= beyond <= 1:
            raise ValueError(f"beyond_oxides {beyond}")  # noqa: TRY301 - one message for all of them
        scales = OwnWorkScales.from_json(about["own_work"])
    except (KeyError, TypeError, ValueError, AttributeError, UnknownNameError) as err:
        raise BundleError(f"{path}: must be what hemml wrote, got {err!r}; make it again") from err
    return SinglePhase(models, beyond, scales, about)
