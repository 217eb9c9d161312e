"""Bundles on disk: what is read back equals what was written, and nothing from a stranger runs."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import pickletools
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hemml.columns import Column
from hemml.config import TargetConfig, TrainConfig
from hemml.data import load_default, paper_ids
from hemml.errors import BundleError
from hemml.models.bundle import METADATA, Bundle, load_bundle, load_bundles, read_metadata, save_bundle
from hemml.models.calibration import calibrate
from hemml.models.ensemble import Choice, fit
from hemml.models.evidence_space import build_evidence
from hemml.models.regressors import REGRESSORS
from hemml.models.targets import TARGETS
from hemml.models.training_rows import TrainingRows
from hemml.models.usual import Usual

FEATURES = ("S_config_cation_R", "mean_oxidation_state", "theoretical_capacity_mAh_g")
CARD = "# A card\n"


@pytest.fixture(scope="module")
def rows() -> TrainingRows:
    records = load_default()
    papers = paper_ids(records)
    chosen = np.isin(papers, np.unique(papers)[::20])
    return TrainingRows.select(records[chosen].reset_index(drop=True), TARGETS[Column.CAPACITY], FEATURES, 4)


@pytest.fixture(scope="module")
def bundle(rows: TrainingRows) -> Bundle:
    """All regressors of the registry, equally weighted, fitted without a search."""
    how = TargetConfig(features=FEATURES, regressors=tuple(REGRESSORS))
    config = TrainConfig(trees=10, n_jobs=1, targets={Column.CAPACITY: how})
    parameters: dict[str, Any] = {name: {} for name in REGRESSORS}
    parameters["xgboost"] = {"n_estimators": 10}
    parameters["gaussian_process"] = {"optimizer": None}
    none = np.zeros(len(rows))
    choice = Choice(parameters, dict.fromkeys(REGRESSORS, 1 / len(REGRESSORS)), none, none)
    ensemble = fit(rows, choice, config, how)
    X = ensemble.inputs.transform(rows.frame, rows.compositions)
    calibration = calibrate(rows, X, *ensemble.predict_with_spread(X), level=0.9, seed=0)
    about = {"n_rows": len(rows), "versions": {"hemml": "0"}, "has_skill": True}
    return Bundle(
        rows.target, ensemble, calibration, build_evidence(rows, ensemble), Usual.of(rows, ensemble.inputs), about
    )


@pytest.fixture(scope="module")
def saved(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / Column.CAPACITY
    save_bundle(bundle, folder, CARD)
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / Column.CAPACITY))


def edit(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    about = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    change(about)
    (folder / METADATA).write_text(json.dumps(about), encoding="utf-8")


def replace(folder: Path, name: str, content: bytes) -> None:
    """Put another file in place and its hash into the metadata, as an attacker would."""
    (folder / name).write_bytes(content)
    edit(folder, lambda about: about["files"].update({name: hashlib.sha256(content).hexdigest()}))


def test_round_trip_gives_identical_predictions(bundle: Bundle, saved: Path, rows: TrainingRows) -> None:
    again = load_bundle(saved)
    assert set(again.ensemble.members) == set(REGRESSORS)
    assert again.ensemble.weights == bundle.ensemble.weights
    X = bundle.ensemble.inputs.transform(rows.frame, rows.compositions)
    np.testing.assert_array_equal(again.ensemble.inputs.transform(rows.frame, rows.compositions), X)
    for name, member in bundle.ensemble.members.items():
        np.testing.assert_array_equal(again.ensemble.members[name].predict(X), member.predict(X), err_msg=name)
    np.testing.assert_array_equal(again.ensemble.predict_columns(X), bundle.ensemble.predict_columns(X))
    predicted, spread = bundle.ensemble.predict_with_spread(X)
    hard = bundle.calibration.difficulty.predict(X, predicted, spread)
    np.testing.assert_array_equal(again.calibration.difficulty.predict(X, predicted, spread), hard)
    for ours, theirs in zip(
        bundle.calibration.interval(predicted, hard, 0.9), again.calibration.interval(predicted, hard, 0.9), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    assert again.evidence.threshold == bundle.evidence.threshold
    assert again.usual == bundle.usual
    assert again.target is TARGETS[Column.CAPACITY]


def test_metadata_and_card_are_kept(bundle: Bundle, saved: Path) -> None:
    about = read_metadata(saved)
    assert {name: about[name] for name in bundle.metadata} == bundle.metadata
    assert about["target"] == "capacity_mAh_g"
    assert about["unit"] == "mAh/g"
    assert set(about["files"]) == {path.name for path in saved.iterdir()} - {METADATA}
    assert (saved / "card.md").read_text(encoding="utf-8") == CARD


def test_saved_twice_is_the_same_to_the_byte(bundle: Bundle, saved: Path, tmp_path: Path) -> None:
    save_bundle(bundle, tmp_path / "again", CARD)
    names = sorted(path.name for path in saved.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "again").iterdir())
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (saved / name).read_bytes(), name


def test_a_loaded_bundle_can_be_saved_again(saved: Path, tmp_path: Path, rows: TrainingRows) -> None:
    first = load_bundle(saved)
    save_bundle(first, tmp_path / "again", CARD)
    second = load_bundle(tmp_path / "again")
    np.testing.assert_array_equal(
        first.ensemble.predict(rows.frame, rows.compositions), second.ensemble.predict(rows.frame, rows.compositions)
    )


def is_pickle(content: bytes) -> bool:
    try:
        return [code.name for code, _, _ in pickletools.genops(io.BytesIO(content))][-1] == "STOP"
    except (ValueError, IndexError, KeyError, DeprecationWarning):
        return False


def test_no_file_is_a_pickle(saved: Path) -> None:
    contents: dict[str, bytes] = {}
    for path in saved.iterdir():
        contents[path.name] = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                contents |= {f"{path.name}/{name}": archive.read(name) for name in archive.namelist()}
    assert any("/" in name for name in contents)
    assert is_pickle(pickle.dumps({}))
    for name, content in contents.items():
        assert not is_pickle(content), name
        if name.endswith(".npy"):
            assert b"'descr': '|O'" not in content[:128], name


def test_missing_file_is_refused(copy: Path) -> None:
    (copy / "svr.skops").unlink()
    with pytest.raises(BundleError, match=r"svr\.skops: SHA-256 must be [0-9a-f]{64}, got no file"):
        load_bundle(copy)


@pytest.mark.parametrize("name", ["svr.skops", "xgboost.ubj", "evidence.npz", "evidence.json", "usual.json", "card.md"])
def test_damaged_file_is_refused(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(bytes(content))
    with pytest.raises(BundleError, match=f"{name}: SHA-256 must be .* the bundle is damaged, copy it again"):
        load_bundle(copy)


def test_missing_or_broken_metadata_is_refused(copy: Path) -> None:
    (copy / METADATA).write_text("{", encoding="utf-8")
    with pytest.raises(BundleError, match=r"metadata\.json: must be the metadata of a bundle, got"):
        load_bundle(copy)
    (copy / METADATA).unlink()
    with pytest.raises(BundleError, match=r"metadata\.json: must be the metadata of a bundle, got: .*No such file"):
        load_bundle(copy)


def test_newer_format_is_refused(copy: Path) -> None:
    edit(copy, lambda about: about.update(format=3))
    with pytest.raises(BundleError, match="format must be 2, got 3; use the hemml that wrote it"):
        load_bundle(copy)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda about: about.pop("files"), "must list its files with their SHA-256, got None"),
        (lambda about: about["files"].pop("svr.skops"), "every regressor must be among its files, got 'svr.skops'"),
        (lambda about: about.update(target="colour"), r"must be what hemml wrote, got .*colour"),
        (lambda about: about.pop("weights"), "must be what hemml wrote, got KeyError"),
        (lambda about: about["weights"].pop("svr"), "must be what hemml wrote, got KeyError"),
        (lambda about: about["inputs"].pop("elements"), "inputs of the bundle must name features, elements"),
        (lambda about: about["calibration"].update(scores="many"), "calibration"),
    ],
    ids=["no files", "unlisted regressor", "target", "no weights", "a weight", "inputs", "calibration"],
)
def test_damaged_metadata_is_refused(copy: Path, change: Callable[[dict[str, Any]], Any], message: str) -> None:
    edit(copy, change)
    with pytest.raises(BundleError, match=message):
        load_bundle(copy)


class Hostile:
    """Does something on loading, where a loader lets it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("owned",)


def test_a_pickle_named_skops_is_refused(copy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    replace(copy, "svr.skops", pickle.dumps(Hostile()))
    with pytest.raises(BundleError, match=r"svr\.skops"):
        load_bundle(copy)
    assert not (tmp_path / "owned").exists()


def test_a_type_hemml_does_not_trust_is_refused(copy: Path, tmp_path: Path) -> None:
    from skops import io as skops_io

    replace(copy, "svr.skops", skops_io.dumps({"model": Hostile()}))
    with pytest.raises(BundleError, match=r"svr\.skops: types must be those hemml trusts, got .*Hostile; do not use"):
        load_bundle(copy)


def test_a_trusted_list_in_the_file_is_not_believed(copy: Path) -> None:
    from skops import io as skops_io

    replace(copy, "svr.skops", skops_io.dumps(Hostile()))
    edit(copy, lambda about: about.update(trusted_types=[f"{Hostile.__module__}.Hostile"]))
    with pytest.raises(BundleError, match="types must be those hemml trusts"):
        load_bundle(copy)


def test_a_regressor_outside_the_folder_is_refused(copy: Path) -> None:
    shutil.copy(copy / "svr.skops", copy.parent / "svr.skops")
    digest = hashlib.sha256((copy / "svr.skops").read_bytes()).hexdigest()
    edit(
        copy,
        lambda about: (about["members"].update(svr="../svr.skops"), about["files"].update({"../svr.skops": digest})),
    )
    with pytest.raises(BundleError, match=r"\.\./svr\.skops"):
        load_bundle(copy)


def test_a_damaged_regressor_with_the_right_hash_is_refused(copy: Path) -> None:
    replace(copy, "xgboost.ubj", b"{not a model")
    with pytest.raises(BundleError, match=r"xgboost\.ubj"):
        load_bundle(copy)


def test_a_failure_while_saving_leaves_the_old_bundle(
    copy: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in copy.iterdir()}

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(bundle.evidence), "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_bundle(bundle, copy, "another card")
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]


def test_bundles_of_a_folder(saved: Path, tmp_path: Path) -> None:
    assert list(load_bundles(saved.parent)) == [Column.CAPACITY]
    with pytest.raises(BundleError, match=r"must be a folder with a bundle a target .* got none; train with"):
        load_bundles(tmp_path)


def test_predictions_need_the_columns_of_the_fit(saved: Path) -> None:
    bundle = load_bundle(saved)
    width = len(bundle.ensemble.inputs.names)
    with pytest.raises(ValueError, match="features"):
        bundle.ensemble.predict_columns(np.zeros((1, width - 1)))


def test_evidence_names_the_records_of_the_rows(bundle: Bundle, rows: TrainingRows) -> None:
    assert bundle.evidence.record_ids.tolist() == rows.frame[Column.RECORD_ID].tolist()
    assert isinstance(rows.frame, pd.DataFrame)
    np.testing.assert_array_equal(bundle.evidence.values, rows.measured)
