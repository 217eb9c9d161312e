"""What is logged of a training, without MLflow."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hemml.models.score_table import score_table
from hemml.tracking.run_contents import (
    detail_metrics,
    overall_metrics,
    parameters,
    target_tags,
    training_metrics,
    training_tags,
)


def test_configuration_is_flattened_without_loss():
    config = {"seed": 3, "a": {"b": {"c": [1, "x"]}, "empty": {}}, "level": 0.9, "name": "x", "none": None}
    assert parameters(config) == {
        "seed": "3",
        "a.b.c": '[1, "x"]',
        "a.empty": "{}",
        "level": "0.9",
        "name": "x",
        "none": "null",
    }


def test_tags_hold_data_hash_versions_commit_and_the_score_table(training_result):
    tags = training_tags(training_result)
    assert tags["hemml.data_sha256"] == "ab" * 32
    assert tags["hemml.version.python"] == "3.11.7"
    assert tags["mlflow.source.git.commit"] == tags["hemml.git_commit"] == "0123456789abcdef"
    assert tags["mlflow.note.content"] == score_table(training_result)


def test_outside_of_a_checkout_no_commit_is_claimed(training_result):
    tags = training_tags(replace(training_result, git_commit=None))
    assert "mlflow.source.git.commit" not in tags
    assert tags["hemml.git_commit"] == "not from a checkout"


def test_a_target_without_skill_says_so(training_result):
    assert [target_tags(item)["hemml.skill"] for item in training_result.results] == [
        "skill on unseen papers",
        "no skill on unseen papers",
    ]


def test_summary_names_each_target(training_result):
    found = {value.key: value.value for value in training_metrics(training_result)}
    assert found["capacity_mAh_g/mae"] == training_result.results[0].scores.mae
    assert found["retention_pct/has_skill"] == 0
    assert found["seconds"] == 30


def test_every_fold_is_a_step(training_result):
    item = training_result.results[0]
    values = detail_metrics(item)
    assert {v.step: v.value for v in values if v.key == "fold/mae"} == {
        k: s.mae for k, s in enumerate(item.fold_scores)
    }
    steps = [v.step for v in values if v.key == "fold/baseline_family_median/mae"]
    assert steps == [0, 1, 2]


def test_baselines_subsets_and_intervals_are_logged(training_result):
    item = training_result.results[0]
    found = {v.key: v.value for v in [*overall_metrics(item), *detail_metrics(item)]}
    assert (found["mae_low"], found["mae_high"]) == item.intervals["mae"]
    assert found["baseline_family_median/mae"] == item.baselines["family median"].mae
    assert found["baseline_family_median/mae_low"] == 40.0
    assert found["subset_high_entropy/n"] == 30
    assert (found["subset_no_comparators/skill_low"], found["subset_no_comparators/skill_high"]) == (0.4, 0.8)
    assert found["subset_ion_Na/mae"] == item.subsets["ion Na"].mae


def test_scores_that_are_not_defined_are_left_out(training_result):
    item = training_result.results[0]
    assert item.baselines["family median"].spearman is None
    assert "baseline_family_median/spearman" not in {v.key for v in detail_metrics(item)}


@pytest.mark.parametrize("index", [0, 1])
def test_names_are_allowed_on_every_system(training_result, index):
    item = training_result.results[index]
    names = {v.key for v in [*overall_metrics(item), *detail_metrics(item), *training_metrics(training_result)]}
    names |= set(parameters(training_result.config)) | set(parameters(item.parameters))
    # what mlflow.utils.validation takes on Windows, where colons are not allowed
    assert [name for name in names if not re.fullmatch(r"[/\w.\- ]{1,250}", name)] == []
