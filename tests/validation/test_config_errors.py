"""Configurations that cannot be used, and what the messages say."""

from __future__ import annotations

from pathlib import Path

import pytest

from hemml.columns import TARGETS, Column
from hemml.config import TrainConfig, load_config
from hemml.data import resource_path
from hemml.errors import ConfigError, UnknownNameError
from hemml.features import FeatureSet
from hemml.models.regressors import REGRESSORS
from hemml.models.voltage_prior import VOLTAGE_PRIOR

GOOD = "targets:\n  capacity_mAh_g:\n    features: [vec]\n    regressors: [ridge]\n"


@pytest.fixture
def load(tmp_path: Path):
    def from_text(text: str) -> TrainConfig:
        path = tmp_path / "train.yaml"
        path.write_text(text, encoding="utf-8")
        return load_config(path)

    return from_text


def test_the_shipped_configuration_is_good() -> None:
    config = load_config(resource_path("configs", "train.yaml"))
    assert tuple(config.targets) == TARGETS
    for how in config.targets.values():
        assert set(how.features) <= {*FeatureSet.default().names, VOLTAGE_PRIOR}
        assert set(how.regressors) <= set(REGRESSORS)


def test_defaults(load) -> None:
    config = load(GOOD)
    assert (config.seed, config.outer_folds, config.level) == (0, 5, 0.9)
    assert config.targets[Column.CAPACITY].trials == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "sede: 1\n", r"sede: Extra inputs are not permitted \(got '1'\); see configs/train.yaml"),
        (GOOD + "    tirals: {}\n", r"targets\.capacity_mAh_g\.tirals: Extra inputs are not permitted"),
        (GOOD.replace("[vec]", "[vecc]"), r"unknown feature 'vecc'; did you mean 'vec'"),
        (GOOD.replace("[vec]", "[cation_maen_*]"), r"unknown feature 'cation_maen_\*'"),
        (GOOD.replace("ridge", "rigde"), r"unknown regressor 'rigde'; did you mean 'ridge'"),
        (GOOD.replace("[ridge]", "[]"), r"targets\.capacity_mAh_g\.regressors: .*at least 1 item"),
        (GOOD.replace("[ridge]", "[ridge, ridge]"), r"regressors must be named once, got ridge, ridge"),
        (GOOD + "    trials: {xgbost: 3}\n", r"unknown regressor 'xgbost'; did you mean 'xgboost'"),
        (GOOD + "    trials: {xgboost: -1}\n", r"trials\.xgboost: .*greater than or equal to 0 \(got '-1'\)"),
        (GOOD + "    trials: {xgboost: many}\n", r"trials\.xgboost: .*valid integer"),
        (GOOD.replace("capacity_mAh_g", "capacity"), r"unknown target 'capacity'; did you mean 'capacity_mAh_g'"),
        (GOOD + "outer_folds: 1\n", r"outer_folds: .*greater than or equal to 2"),
        (GOOD + "level: 1.0\n", r"level: .*less than 1"),
        (GOOD + "seed: -3\n", r"seed: .*greater than or equal to 0"),
        ("seed: 1\n", r"targets: Field required"),
        ("targets: {}\n", r"targets: .*at least 1 item"),
        ("- a\n- b\n", r"must be a mapping of keys, got list"),
        ("", r"must be a mapping of keys, got NoneType"),
        ("targets: [\n", r"must be YAML, got: .*line"),
        ("!!python/object/apply:os.mkdir [owned]\n", r"must be YAML, got: could not determine a constructor"),
    ],
)
def test_what_cannot_be_used_is_named(load, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"(?s)configuration .*train\.yaml: .*{message}"):
        load(text)


def test_all_problems_at_once(load) -> None:
    with pytest.raises(ConfigError, match=r"(?s)(?=.*sede)(?=.*outer_folds)(?=.*unknown feature 'vecc')"):
        load(GOOD.replace("[vec]", "[vecc]") + "sede: 1\nouter_folds: 0\n")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.yaml: must be a readable UTF-8 file, got: .*No such file"):
        load_config(tmp_path / "no.yaml")


def test_file_of_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "train.yaml"
    path.write_bytes(b"seed: \xff\xfe")
    with pytest.raises(ConfigError, match="must be a readable UTF-8 file, got: 'utf-8' codec"):
        load_config(path)


def test_patterns_choose_features_once(load) -> None:
    features = load(GOOD.replace("[vec]", "['*_fraction', d0_fraction, vec]")).targets[Column.CAPACITY].features
    assert features[-1] == "vec"
    assert len(set(features)) == len(features) > 3


def test_only_some_targets() -> None:
    config = load_config(resource_path("configs", "train.yaml"))
    assert tuple(config.only(("retention_pct",)).targets) == (Column.RETENTION,)
    with pytest.raises(UnknownNameError, match="unknown target 'retention'; did you mean 'retention_pct'"):
        config.only(("retention",))


def test_fast_is_smaller_and_still_checked() -> None:
    config = load_config(resource_path("configs", "train.yaml"))
    fast = config.fast()
    assert fast.outer_folds <= config.outer_folds
    assert fast.trees < config.trees
    assert not any(how.trials for how in fast.targets.values())
    assert TrainConfig.model_validate(fast.model_dump(mode="json")) == fast


def test_a_configuration_cannot_be_changed(load) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(GOOD).seed = 3
