"""A model on disk: a folder with the fitted regressors, what they need to be used, and a card. Nothing in it runs code.

Layout of one bundle: `metadata.json`, `card.md`, one file a regressor (`*.skops`, `xgboost.ubj`), `difficulty.ubj`,
`evidence.npz`, `evidence.json` and `usual.json`. `metadata.json` holds the SHA-256 of the other files, so that a
damaged bundle is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hemml.columns import TARGETS, Column
from hemml.errors import BundleError
from hemml.files import atomic_directory
from hemml.models.calibration import Calibration
from hemml.models.difficulty import Difficulty
from hemml.models.ensemble import Ensemble
from hemml.models.inputs import Inputs
from hemml.models.member_files import METADATA, check_files, hashes_of, load_member, save_member
from hemml.models.own_lab import LAB_FILE, LabCorrection
from hemml.models.targets import TARGETS as TARGET_OF
from hemml.models.targets import Target
from hemml.models.usual import Usual
from hemml.uncertainty import Evidence, PredictiveDistributions

FORMAT: Final = 2
_DIFFICULTY: Final = "difficulty.ubj"
CARD: Final = "card.md"


@dataclass(frozen=True, eq=False)
class Bundle:
    """A trained model with all that a prediction needs.

    Attributes:
        target: What it predicts.
        ensemble: Fitted regressors.
        calibration: What turns its predictions into intervals and probabilities.
        evidence: Training records in descriptor space.
        usual: What the training records hold, counted.
        metadata: Scores, data hash, configuration and versions; plain JSON.
        lab: Correction by own measurements; None for a model of the literature alone.
    """

    target: Target
    ensemble: Ensemble
    calibration: Calibration
    evidence: Evidence
    usual: Usual
    metadata: Mapping[str, Any]
    lab: LabCorrection | None = None


def save_bundle(bundle: Bundle, folder: Path, card: str) -> None:
    """Write a bundle; the folder appears whole or not at all, an old one is replaced at the end."""
    with atomic_directory(folder) as fresh:
        files = [save_member(name, member, fresh) for name, member in bundle.ensemble.members.items()]
        bundle.evidence.save(fresh)
        bundle.usual.save(fresh)
        bundle.calibration.difficulty.regressor.save_model(fresh / _DIFFICULTY)
        if bundle.lab is not None:
            bundle.lab.save(fresh)
        (fresh / CARD).write_text(card, encoding="utf-8")
        hashes = hashes_of(fresh)
        about = {
            **bundle.metadata,
            "format": FORMAT,
            "target": str(bundle.target.column),
            "unit": bundle.target.column.unit,
            "members": dict(zip(bundle.ensemble.members, files, strict=True)),
            "weights": dict(bundle.ensemble.weights),
            "inputs": bundle.ensemble.inputs.to_json(),
            "calibration": bundle.calibration.distributions.to_json(),
            "files": hashes,
        }
        text = json.dumps(about, indent=1, sort_keys=True, allow_nan=False)
        (fresh / METADATA).write_text(text + "\n", encoding="utf-8")


def load_bundle(folder: Path) -> Bundle:
    """Read a bundle.

    Raises:
        BundleError: The folder is no bundle, is damaged, was written by a newer hemml, or holds a type that hemml does
            not trust.
    """
    about = read_metadata(folder)
    check_files(folder, about)
    try:
        target = _target(str(about["target"]))
        inputs = Inputs.from_json(about["inputs"])
        members = {str(name): load_member(folder / file) for name, file in about["members"].items()}
        weights = {name: float(about["weights"][name]) for name in members}
        distributions = PredictiveDistributions.from_json(about["calibration"])
        difficulty = Difficulty(load_member(folder / _DIFFICULTY))
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise BundleError(
            f"{folder / METADATA}: must be what hemml wrote, got {err!r}; train the bundle again"
        ) from err
    lab = LabCorrection.load(folder) if LAB_FILE in about["files"] else None
    calibration = Calibration(target, difficulty, distributions)
    ensemble = Ensemble(inputs, members, weights)
    return Bundle(target, ensemble, calibration, Evidence.load(folder), Usual.load(folder), about, lab)


def load_bundles(root: Path) -> dict[Column, Bundle]:
    """Read the bundles of all targets under a folder.

    Raises:
        BundleError: There is none, or one of them cannot be read.
    """
    found = {target: load_bundle(root / target) for target in TARGETS if (root / target).is_dir()}
    if not found:
        raise BundleError(
            f"models {root}: must be a folder with a bundle a target ({', '.join(TARGETS)}), got none; "
            "train with python -m hemml.train, or leave the option out for the models that come with hemml"
        )
    return found


def main_target(bundles: Mapping[Column, Bundle]) -> Column:
    """Target with the most records, which decides what is inside the domain."""
    return max(bundles, key=lambda target: len(bundles[target].evidence))


def feature_names(bundles: Mapping[Column, Bundle]) -> tuple[str, ...]:
    """Composition features that some bundles need, each once."""
    return tuple(dict.fromkeys(name for bundle in bundles.values() for name in bundle.ensemble.inputs.features))


def read_metadata(folder: Path) -> dict[str, Any]:
    """Metadata of a bundle alone, without its regressors.

    Raises:
        BundleError: It is missing, no JSON, or of another format.
    """
    path = folder / METADATA
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise BundleError(f"{path}: must be the metadata of a bundle, got: {err}") from err
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        got = about.get("format") if isinstance(about, dict) else type(about).__name__
        raise BundleError(f"{path}: format must be {FORMAT}, got {got!r}; use the hemml that wrote it")
    return about


def _target(name: str) -> Target:
    return {str(column): target for column, target in TARGET_OF.items()}[name]
