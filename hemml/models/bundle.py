"""A model on disk: a folder with the fitted regressors, what they need to be used, and a card. Nothing in it runs code.

Layout of one bundle: `metadata.json`, `card.md`, one file a regressor (`*.skops`, `xgboost.ubj`), `evidence.npz` and
`evidence.json`. `metadata.json` holds the SHA-256 of the other files, so that a damaged bundle is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hemml.columns import TARGETS, Column
from hemml.data import sha256_of
from hemml.errors import BundleError
from hemml.files import atomic_directory
from hemml.models.ensemble import Ensemble
from hemml.models.inputs import Inputs
from hemml.models.skops_files import load_skops, save_skops
from hemml.models.targets import TARGETS as TARGET_OF
from hemml.models.targets import Target
from hemml.uncertainty import ConformalIntervals, Evidence

FORMAT: Final = 1
METADATA: Final = "metadata.json"
CARD: Final = "card.md"


@dataclass(frozen=True, eq=False)
class Bundle:
    """A trained model with all that a prediction needs.

    Attributes:
        target: What it predicts.
        ensemble: Fitted regressors.
        intervals: Calibration of intervals on the learning scale.
        evidence: Training records in descriptor space.
        metadata: Scores, data hash, configuration and versions; plain JSON.
    """

    target: Target
    ensemble: Ensemble
    intervals: ConformalIntervals
    evidence: Evidence
    metadata: Mapping[str, Any]


def save_bundle(bundle: Bundle, folder: Path, card: str) -> None:
    """Write a bundle; the folder appears whole or not at all, an old one is replaced at the end."""
    with atomic_directory(folder) as fresh:
        files = [_save_member(name, member, fresh) for name, member in bundle.ensemble.members.items()]
        bundle.evidence.save(fresh)
        (fresh / CARD).write_text(card, encoding="utf-8")
        hashes = {path.name: sha256_of(path) for path in sorted(fresh.iterdir())}
        about = {
            **bundle.metadata,
            "format": FORMAT,
            "target": str(bundle.target.column),
            "unit": bundle.target.column.unit,
            "members": dict(zip(bundle.ensemble.members, files, strict=True)),
            "weights": dict(bundle.ensemble.weights),
            "inputs": bundle.ensemble.inputs.to_json(),
            "intervals": bundle.intervals.to_json(),
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
    _check_files(folder, about)
    try:
        target = _target(str(about["target"]))
        inputs = Inputs.from_json(about["inputs"])
        members = {str(name): _load_member(folder / file) for name, file in about["members"].items()}
        weights = {name: float(about["weights"][name]) for name in members}
        intervals = ConformalIntervals.from_json(about["intervals"])
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise BundleError(
            f"{folder / METADATA}: must be what hemml wrote, got {err!r}; train the bundle again"
        ) from err
    return Bundle(target, Ensemble(inputs, members, weights), intervals, Evidence.load(folder), about)


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


def _check_files(folder: Path, about: Mapping[str, Any]) -> None:
    hashes = about.get("files")
    if not isinstance(hashes, dict) or not hashes:
        raise BundleError(f"{folder / METADATA}: must list its files with their SHA-256, got {hashes!r}")
    for name, expected in hashes.items():
        if Path(name).name != name:
            raise BundleError(f"{folder / METADATA}: files must lie in the folder of the bundle, got {name!r}")
        path = folder / name
        found = sha256_of(path) if path.is_file() else "no file"
        if found != expected:
            raise BundleError(f"{path}: SHA-256 must be {expected}, got {found}; the bundle is damaged, copy it again")
    if unlisted := sorted(set(about.get("members", {}).values()) - set(hashes)):
        raise BundleError(f"{folder / METADATA}: every regressor must be among its files, got {unlisted[0]!r}")


def _save_member(name: str, member: Any, folder: Path) -> str:
    if name == "xgboost":
        member.save_model(folder / "xgboost.ubj")
        return "xgboost.ubj"
    save_skops(member, folder / f"{name}.skops")
    return f"{name}.skops"


def _load_member(path: Path) -> Any:
    if path.suffix != ".ubj":
        return load_skops(path)
    from xgboost import XGBRegressor
    from xgboost.core import XGBoostError

    model = XGBRegressor()
    try:
        model.load_model(path)
    except (XGBoostError, ValueError) as err:
        raise BundleError(
            f"{path}: must be a model that hemml wrote, got: {str(err).splitlines()[0]}; copy the bundle again"
        ) from err
    return model
