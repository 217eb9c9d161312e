"""Observations from tables and from pairs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hemml.active.store import (
    CampaignStore,
    Created,
    Failed,
    Measured,
    append_table,
    parse_observation,
    read_observations,
)
from hemml.errors import DataError, InputError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CampaignStore]:
    created = Created("zn", {}, ("capacity_mAh_g",), {"working_ion": "Zn", "role": "cathode"})
    with CampaignStore.create(tmp_path / "zn.campaign", created) as opened:
        opened.append_proposals(lambda _: [{"formula": f"ZnMn{2 - x}Ni{x}O4"} for x in (0.25, 0.5)])
        yield opened


def table(folder: Path, text: str) -> Path:
    path = folder / "cells.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_row_is_a_measurement_a_failure_or_both(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "id,formula,capacity_mAh_g,capacity_c_rate,is_composite,notes,failed\n"
        "P001,,213,0.1,1,C-coated,\n\nP002,,,,,melted,synthesis\n,ZnMn2O4,190,,,,test\n",
    )
    assert read_observations(path) == [
        Measured(
            "P001", "", {"capacity_mAh_g": 213}, {"capacity_c_rate": 0.1, "notes": "C-coated", "is_composite": True}
        ),
        Failed("P002", "synthesis", "melted"),
        Measured("", "ZnMn2O4", {"capacity_mAh_g": 190}),
        Failed("", "test", "", "ZnMn2O4"),
    ]


def test_every_problem_of_a_table_is_reported_with_its_line(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "id,formula,capacity_Ah_g,capacity_mAh_g,retention_pct,capacity_c_rate,failed\n"
        "P001,,,213 mAh/g,,C/10,\n,,,200,0.9,,synth\n,ZnMn2O4,,,,,\nP002,1\n",
    )
    with pytest.raises(DataError) as info:
        read_observations(path)
    assert [(one.row, one.column) for one in info.value.problems] == [
        (None, "capacity_Ah_g"),
        (2, "capacity_mAh_g"),
        (2, "capacity_c_rate"),
        (3, "retention_pct"),
        (3, "failed"),
        (3, "id"),
        (4, ""),
        (5, ""),
    ]
    for part in ("did you mean 'capacity_mAh_g', in mAh/g", "write 213", "write 0.1", "write 90", "second_phase"):
        assert part in str(info.value)


def test_a_table_must_name_its_experiments(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="column id or formula must be present"):
        read_observations(table(tmp_path, "sample,capacity_mAh_g\nA,200\n"))


def test_what_the_campaign_refuses_is_told_with_the_line(store: CampaignStore, tmp_path: Path) -> None:
    text = "id,capacity_mAh_g,retention_pct,failed\nP001,213,,\nP007,200,,\nP002,200,90,test\n"
    with pytest.raises(DataError) as info:
        append_table(store, table(tmp_path, text))
    assert [(one.row, one.reason) for one in info.value.problems] == [
        (3, "unknown experiment 'P007'"),
        (4, "P002, retention_pct = '90': must have its cycle number"),
    ]
    assert len(store.events()) == 2
    added = append_table(store, table(tmp_path, "id,capacity_mAh_g\nP001,213\nP002,200\n"), who="Ada")
    assert [(one.sequence, one.who) for one in added] == [(3, "Ada"), (4, "Ada")]
    assert [one.values["capacity_mAh_g"].mean for one in store.state().measured] == [213, 200]


def test_pairs_are_values_and_conditions() -> None:
    found = parse_observation(["capacity_mAh_g=213", "retention_pct = 90", "retention_cycles=100"], experiment="P001")
    assert found == Measured("P001", "", {"capacity_mAh_g": 213, "retention_pct": 90}, {"retention_cycles": 100})


def test_every_wrong_pair_is_named() -> None:
    pairs = ["capacity=213", "x", "average_voltage_V=1.3 V", "role=kathode", "capacity_c_rate=1", "capacity_c_rate=2"]
    with pytest.raises(InputError) as info:
        parse_observation(pairs)
    lines = str(info.value).splitlines()
    assert len(lines) == 5
    for part in (
        "did you mean 'capacity_mAh_g', in mAh/g",
        "must be COLUMN=VALUE, got 'x'",
        "must be given once, got '1' and '2'",
        "write 1.3",
        "did you mean 'cathode'",
    ):
        assert part in str(info.value)
