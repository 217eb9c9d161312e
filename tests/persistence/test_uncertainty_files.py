import json

import numpy as np
import pytest

from hemml.errors import BundleError
from hemml.uncertainty import ConformalIntervals, Evidence

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
    intervals = ConformalIntervals.fit(
        rng.normal(size=300), rng.uniform(1, 2, 300), ["cathode"] * 200 + ["anode"] * 100
    )
    back = ConformalIntervals.from_json(json.loads(json.dumps(intervals.to_json(), allow_nan=False)))
    query = (np.zeros(3), np.ones(3), 0.9, ["anode", "cathode", "other"])
    np.testing.assert_array_equal(back.interval(*query), intervals.interval(*query))
    assert back.categories == intervals.categories == ("anode", "cathode")


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
    with pytest.raises(BundleError, match="format must be 1, got 9"):
        Evidence.load(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "format must be 1, got 2"),
        ({"scores": [3.0, 1.0, 2.0]}, "ascending"),
        ({"scores": [0.0, 1.0, float("nan")]}, "finite"),
        ({"scores": "much"}, "must be lists"),
        ({"codes": [0, 1]}, "one code a score"),
        ({"codes": [0, 0, 5]}, "codes must point at the 1 categories"),
        ({"categories": [7]}, "categories must be text"),
    ],
)
def test_damaged_calibration_is_refused(change, message):
    good = {"format": 1, "scores": [0.0, 1.0, 2.0], "categories": ["cathode"], "codes": [0, 0, -1]}
    assert len(ConformalIntervals.from_json(good).scores) == 3
    with pytest.raises(BundleError, match=message):
        ConformalIntervals.from_json(good | change)
