"""What the trained bundles say of candidates before a campaign has measured anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.candidates import Candidates
from hemml.active.surrogate.prior_blocks import Block, blocks, join_blocks
from hemml.arrays import BoolArray, FloatArray, IntArray, StrArray
from hemml.columns import Column
from hemml.composition import CompositionBatch
from hemml.errors import InputError, UnknownNameError
from hemml.models.bundle import Bundle, main_target
from hemml.models.evidence_space import knows_elements
from hemml.models.lab_prior import LabPrior, Points
from hemml.models.own_lab_bundles import PRIOR
from hemml.models.targets import Target
from hemml.uncertainty import PredictiveDistributions

if TYPE_CHECKING:
    from hemml.models.prediction import Predictor

_LEVEL: Final = 0.9
_NORMAL_90: Final = 1.6448536269514722  # standard deviations that a Gaussian's 90 % interval reaches to each side


@dataclass(frozen=True, eq=False)
class TargetPrior:
    """What one bundle says of n candidates, on the learning scale.

    Attributes:
        bundle: The bundle.
        lab: How measurements of one laboratory stray together.
        block: Predictions, difficulty, places and distances, n rows each.
    """

    bundle: Bundle
    lab: LabPrior
    block: Block

    @property
    def target(self) -> Target:
        """The target."""
        return self.bundle.target

    @property
    def distributions(self) -> PredictiveDistributions:
        """Errors in units of the difficulty, on papers that the bundle had not seen."""
        return self.bundle.calibration.distributions

    @property
    def points(self) -> Points:
        """Where the candidates lie for the lab kernel."""
        return self.block.points

    @cached_property
    def width(self) -> float:
        """Standard deviation of a Gaussian as wide as the calibrated 90 % interval of difficulty 1."""
        low, high = self.distributions.ends(min(_LEVEL, self.distributions.highest_level))
        return (high - low) / (2 * _NORMAL_90)

    @property
    def spread(self) -> FloatArray:
        """Standard deviation of a measurement before anything is measured, (n,)."""
        return self.width * self.block.difficulty

    @property
    def in_domain(self) -> BoolArray:
        """Whether a published record is near enough and nearly all atoms are of learned elements, (n,)."""
        return self.bundle.evidence.in_domain(self.block.distance) & knows_elements(self.block.known)

    def __getitem__(self, rows: slice | IntArray | BoolArray) -> TargetPrior:
        return TargetPrior(self.bundle, self.lab, self.block[rows])


@dataclass(frozen=True, eq=False)
class Prior:
    """What the bundles say of n candidates.

    Attributes:
        batch: Compositions of the candidates.
        roles: Their roles, (n,).
        targets: What each bundle says.
    """

    batch: CompositionBatch
    roles: StrArray
    targets: Mapping[Column, TargetPrior]

    @classmethod
    def of(
        cls,
        predictor: Predictor,
        candidates: Candidates,
        targets: Sequence[Column] = (),
        *,
        threads: int = 2,
    ) -> Prior:
        """Ask the bundles about candidates, without writing or reading a formula.

        Numbers equal those of `Predictor.predict` to 1e-9 and do not depend on the number of threads.

        Args:
            predictor: The bundles.
            candidates: n candidates with their test conditions.
            targets: Which targets; all of the bundles by default.
            threads: Blocks of rows worked on at once.

        Raises:
            BundleError: A bundle does not know how laboratories stray.
            InputError: There are no candidates, or a working ion contradicts the compositions.
            UnknownNameError: There is no bundle of a target.
        """
        bundles = chosen_bundles(predictor, targets)
        if not len(candidates):
            raise InputError("candidates must be at least one, got none; relax the constraints of the space")
        labs = {target: LabPrior.from_json(bundle.metadata.get(PRIOR)) for target, bundle in bundles.items()}
        roles, found = blocks(bundles, labs, candidates, threads)
        return cls(
            candidates.batch,
            roles,
            {target: TargetPrior(bundles[target], labs[target], block) for target, block in found.items()},
        )

    @property
    def main(self) -> Column:
        """Target with the most records, which decides what is inside the domain."""
        return main_target({target: prior.bundle for target, prior in self.targets.items()})

    def __len__(self) -> int:
        return len(self.batch)

    def __getitem__(self, rows: slice | IntArray | BoolArray) -> Prior:
        """Some of the candidates."""
        chosen = {target: prior[rows] for target, prior in self.targets.items()}
        return Prior(self.batch[rows], self.roles[rows], chosen)

    def joined(self, other: Prior, batch: CompositionBatch) -> Prior:
        """What the same bundles say of these candidates and, behind them, of others.

        Args:
            other: Of m candidates, for the same targets.
            batch: Compositions of all n + m.
        """
        chosen = {
            target: TargetPrior(prior.bundle, prior.lab, join_blocks([prior.block, other.targets[target].block]))
            for target, prior in self.targets.items()
        }
        return Prior(batch, np.concatenate([self.roles, other.roles]), chosen)


def chosen_bundles(predictor: Predictor, targets: Sequence[Column]) -> dict[Column, Bundle]:
    """Bundles of some targets; all by default.

    Raises:
        UnknownNameError: There is none of a target.
    """
    if unknown := [target for target in targets if target not in predictor.bundles]:
        raise UnknownNameError("target of the bundles", str(unknown[0]), [str(known) for known in predictor.bundles])
    return {target: bundle for target, bundle in predictor.bundles.items() if not targets or target in targets}
