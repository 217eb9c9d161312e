"""Survivors of constraints: exact where a space is small, estimated with an interval where it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hemml.active.space import DesignSpace, columns_of, count_survivors, survivors
from hemml.errors import InputError

TEXT = """
title: Rock salts
working_ion: Li
role: anode
family: rocksalt
sublattices:
  - {name: metals, kind: cation, amount: 1, step: 0.1, elements: [Mg, Co, Ni, Cu, Zn]}
  - {name: oxygen, kind: anion, fixed: {O: 1}}
objectives: [capacity_mAh_g:max]
constraints: [n_components >= 3, cation_fraction_Co <= 0.3, S_config_cation_R >= 1.2]
"""


@pytest.fixture
def space(tmp_path: Path) -> DesignSpace:
    path = tmp_path / "space.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return DesignSpace.load(path)


def test_small_spaces_are_counted_exactly(space: DesignSpace) -> None:
    counts = count_survivors(space)
    columns = columns_of(["n_components", "cation_fraction_Co", "S_config_cation_R"], space.batch(range(space.size)))
    first = columns["n_components"] >= 3
    second = columns["cation_fraction_Co"] <= 0.3 + 1e-9
    third = columns["S_config_cation_R"] >= 1.2
    assert (counts.total, counts.looked_at, counts.exact) == (1001, 1001, True)
    assert [step.alone.value for step in counts.steps] == [first.sum(), second.sum(), third.sum()]
    together = [first.sum(), (first & second).sum(), (first & second & third).sum()]
    assert [step.so_far.value for step in counts.steps] == together
    assert counts.survivors == counts.steps[-1].so_far
    assert (counts.survivors.low, counts.survivors.high) == (together[2], together[2])
    assert len(survivors(space.constraints, space.batch(range(space.size))).rows) == together[2]
    assert counts.as_dict()["steps"][0]["constraint"] == "n_components >= 3"


def test_large_spaces_are_estimated_with_an_interval(space: DesignSpace) -> None:
    exact = count_survivors(space).survivors.value
    inside = 0
    for seed in range(40):
        counts = count_survivors(space, limit=200, seed=seed)
        assert (counts.exact, counts.looked_at, counts.total) == (False, 200, 1001)
        inside += counts.survivors.low <= exact <= counts.survivors.high
    assert inside >= 36
    assert count_survivors(space, limit=200, seed=1) == count_survivors(space, limit=200, seed=1)


def test_a_share_of_zero_or_one_still_has_an_interval(space: DesignSpace) -> None:
    from hemml.active.space.counts import _estimate

    none, everything = _estimate(0, 1000, 10**30), _estimate(1000, 1000, 10**30)
    assert (none.value, none.low) == (0, 0)
    assert 3.8e27 < none.high < 3.9e27
    assert (everything.value, everything.high) == (10**30, 10**30)
    assert everything.low < 10**30


def test_without_constraints_all_survive(tmp_path: Path) -> None:
    path = tmp_path / "space.yaml"
    path.write_text(TEXT.partition("constraints")[0], encoding="utf-8")
    free = DesignSpace.load(path)
    counts = count_survivors(free, limit=10)
    assert counts.survivors.value == counts.survivors.low == 1001
    assert survivors(free.constraints, free.batch([1, 2])).rows.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        (
            "n_components >= 6",
            r"its 1,001 candidates must meet all constraints, got none: none meets 'n_components >= 6'",
        ),
        ("n_components <= 2", r"got none: 'n_components <= 2' leaves none after the constraints before it; relax it"),
    ],
)
def test_a_space_without_survivors_is_refused(tmp_path: Path, constraint: str, message: str) -> None:
    path = tmp_path / "space.yaml"
    path.write_text(TEXT.replace("S_config_cation_R >= 1.2", constraint), encoding="utf-8")
    space = DesignSpace.load(path)
    counts = count_survivors(space)
    assert counts.survivors.value == 0
    with pytest.raises(InputError, match=message):
        counts.require_survivors(space.owner)


def test_chunks_do_not_matter(space: DesignSpace, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = count_survivors(space)
    monkeypatch.setattr("hemml.active.space.counts._CHUNK_ROWS", 7)
    assert count_survivors(space) == whole
    count_survivors(space).require_survivors(space.owner)
    assert np.isfinite(whole.survivors.value)
