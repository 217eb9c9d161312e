import dataclasses
import json

import numpy as np
import pytest

from hemml.errors import BundleError
from hemml.uncertainty import Evidence, PredictiveDistributions

rng = np.random.default_rng(4)


@pytest.fixture
def evidence() -> Evidence:
    return Evidence.fit(
        rng.normal(size=(30, 4)),
        ["a", "b", "c", "d"],
        record_ids=[f"hem-{i}" for i in range(30)],
        papers=[f"10.1/{i // 2}" for i in range(30)],
        dois=[f"10.1/{i // 2}" if i % 5 else "" for i in range(30)],
        formulas=["Na2Fe2(SO4)3·H2O"] * 30,
        values=rng.normal(size=30),
    )


def test_calibration_survives_json_exactly():
    own = PredictiveDistributions.fit(
        rng.gumbel(size=300), rng.uniform(1, 2, 300), width=lambda low, high: float((high - low).mean())
    )
    back = PredictiveDistributions.from_json(json.loads(json.dumps(own.to_json(), allow_nan=False)))
    query = (np.zeros(3), np.array([1.0, 1.5, 2.0]), 0.9)
    np.testing.assert_array_equal(back.interval(*query), own.interval(*query))
    assert back.lower_share == own.lower_share


def test_evidence_survives_saving_exactly(evidence, tmp_path):
    evidence.save(tmp_path)
    back = Evidence.load(tmp_path)
    query = rng.normal(size=(9, 4))
    np.testing.assert_array_equal(back.nearest(query)[0], evidence.nearest(query)[0])
    np.testing.assert_array_equal(back.nearest(query)[1], evidence.nearest(query)[1])
    assert back.threshold == evidence.threshold
    assert back.dois.tolist() == evidence.dois.tolist()
    assert back.formulas[0] == "Na2Fe2(SO4)3·H2O"


def test_saving_twice_gives_the_same_bytes(evidence, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        evidence.save(tmp_path / name)
    for file in ("evidence.npz", "evidence.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_object_arrays_are_refused_on_loading(evidence, tmp_path):
    evidence.save(tmp_path)
    with np.load(tmp_path / "evidence.npz") as stored:
        arrays = dict(stored)
    arrays["dois"] = arrays["dois"].astype(object)
    np.savez(tmp_path / "evidence.npz", **arrays)
    with pytest.raises(BundleError, match=r"must be a pair that hemml wrote.*allow_pickle"):
        Evidence.load(tmp_path)


def test_missing_and_damaged_files_are_named(evidence, tmp_path):
    with pytest.raises(BundleError, match=r"evidence\.npz and evidence\.json must be a pair"):
        Evidence.load(tmp_path)
    evidence.save(tmp_path)
    content = (tmp_path / "evidence.npz").read_bytes()
    (tmp_path / "evidence.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(BundleError, match="must be a pair"):
        Evidence.load(tmp_path)


def test_files_that_do_not_belong_together_are_refused(evidence, tmp_path):
    evidence.save(tmp_path)
    about = json.loads((tmp_path / "evidence.json").read_text())
    (tmp_path / "evidence.json").write_text(json.dumps(about | {"names": ["a", "b"]}))
    with pytest.raises(BundleError, match=r"center must have shape \(2,\)"):
        Evidence.load(tmp_path)
    (tmp_path / "evidence.json").write_text(json.dumps(about | {"format": 9}))
    with pytest.raises(BundleError, match="format must be 2, got 9"):
        Evidence.load(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 1}, "format must be 2, got 1"),
        ({"scores": [3.0, 1.0, 2.0]}, "ascending"),
        ({"scores": [0.0, 1.0, float("nan")]}, "finite"),
        ({"scores": "much"}, "must be numbers"),
        ({"scores": []}, "must be a list of numbers"),
        ({"lower_share": 1.5}, "lower_share must be between 0 and 1, got 1.5"),
        ({"lower_share": None}, "must be numbers"),
    ],
)
def test_damaged_calibration_is_refused(change, message):
    good = {"format": 2, "scores": [0.0, 1.0, 2.0], "lower_share": 0.5}
    assert len(PredictiveDistributions.from_json(good).scores) == 3
    with pytest.raises(BundleError, match=message):
        PredictiveDistributions.from_json(good | change)


def test_tests_and_errors_survive_saving(evidence, tmp_path):
    told = dataclasses.replace(evidence, tests=np.array(["0.5 C"] * 30), error_inside=0.2, error_outside=0.3)
    told.save(tmp_path)
    back = Evidence.load(tmp_path)
    assert back.tests.tolist() == ["0.5 C"] * 30
    assert back.error_ratio == told.error_ratio == pytest.approx(1.5)
    evidence.save(tmp_path)
    assert Evidence.load(tmp_path).error_ratio is None


def test_format_1_without_tests_and_errors_is_read(evidence, tmp_path):
    evidence.save(tmp_path)
    about = json.loads((tmp_path / "evidence.json").read_text())
    old = {name: about[name] for name in ("names", "threshold", "quantile")} | {"format": 1}
    (tmp_path / "evidence.json").write_text(json.dumps(old))
    with np.load(tmp_path / "evidence.npz") as stored:
        arrays = {name: stored[name] for name in stored.files if name != "tests"}
    np.savez(tmp_path / "evidence.npz", **arrays)
    back = Evidence.load(tmp_path)
    assert back.tests.tolist() == [""] * 30
    assert back.error_ratio is None
    assert back.threshold == evidence.threshold
