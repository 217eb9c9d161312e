"""What a campaign starts from: trained bundles, and the model of single phases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.models.prediction import Predictor
    from hemml.models.single_phase import SinglePhase

SHIPPED: Final = "shipped"
NONE: Final = "none"


@dataclass(frozen=True, eq=False)
class StartingModels:
    """Models that know the literature and nothing of the campaign.

    Attributes:
        predictor: Bundles of the targets; None: the campaign learns from its own results alone.
        phases: Probability of a single phase.
        hashes: SHA-256 of the metadata of each, by name.
    """

    predictor: Predictor | None
    phases: SinglePhase
    hashes: Mapping[str, str]

    @classmethod
    def load(cls, models: str) -> StartingModels:
        """Read them.

        Args:
            models: "shipped" (those that come with hemml), "none", or a folder of bundles.

        Raises:
            BundleError: The folder holds none, or one cannot be used.
            InputError: The folder does not exist.
        """
        from hemml.data import resource_path, sha256_of
        from hemml.models.member_files import METADATA
        from hemml.models.prediction import Predictor
        from hemml.models.single_phase import SinglePhase

        single_phase = resource_path("models", "single_phase")
        hashes = {"single_phase": sha256_of(single_phase / METADATA)}
        if models == NONE:
            return cls(None, SinglePhase.load(), hashes)
        root = resource_path("models", "default") if models == SHIPPED else Path(models)
        check_models(models)
        predictor = Predictor.load(root)
        hashes |= {str(target): sha256_of(root / target / METADATA) for target in predictor.targets}
        return cls(predictor, SinglePhase.load(), hashes)


def check_models(models: str) -> None:
    """Look for the folder of bundles, without reading them.

    Raises:
        InputError: It is named and does not exist.
    """
    if models not in (SHIPPED, NONE) and not Path(models).is_dir():
        raise InputError(
            f"models of the campaign must be {SHIPPED}, {NONE} or a folder of bundles, got {models!r} and no such "
            "folder; correct the path, or move the folder back"
        )
