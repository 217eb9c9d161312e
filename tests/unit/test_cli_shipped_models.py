"""`hemml predict` with the models that come with hemml."""

from __future__ import annotations

import json

import pytest

from hemml.cli import main
from hemml.columns import TARGETS

SPINEL = "Zn0.5(Mn0.4Fe0.2Co0.2Ni0.1Cu0.1)2O4"
TEST = ["--ion", "Zn", "--role", "cathode", "--family", "spinel", "--current", "100", "--cycles", "500"]


def predicted(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict]:
    assert main(["predict", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_electrode_has_three_targets_with_intervals_domain_and_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    (about,) = predicted(capsys, SPINEL, *TEST)
    assert list(about["predictions"]) == list(TARGETS)
    for target in about["predictions"].values():
        assert target["lower"] < target["value"] < target["upper"]
        assert target["level"] == 0.9
    assert 50 < about["predictions"]["capacity_mAh_g"]["value"] < 500
    assert 0 < about["predictions"]["retention_pct"]["upper"] <= 100
    assert isinstance(about["in_domain"], bool)
    assert len(about["nearest"]) >= 3
    assert all(record["measured"] for record in about["nearest"])
    distances = [record["distance"] for record in about["nearest"]]
    assert distances == sorted(distances)
    assert {"role", "family", "working_ion"}.isdisjoint(about["assumed_conditions"])


def test_a_wider_level_is_a_wider_interval(capsys: pytest.CaptureFixture[str]) -> None:
    (narrow,) = predicted(capsys, SPINEL, *TEST, "--level", "0.5")
    (wide,) = predicted(capsys, SPINEL, *TEST, "--level", "0.95")
    for target in TARGETS:
        assert wide["predictions"][target]["lower"] < narrow["predictions"][target]["lower"]
        assert wide["predictions"][target]["value"] == narrow["predictions"][target]["value"]


def test_what_is_left_out_is_assumed_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    (about,) = predicted(capsys, "LiFePO4")
    assert about["conditions"] == {}
    assert about["assumed_conditions"]["working_ion"] == "Li"
    assert about["assumed_conditions"]["role"] == "cathode"
    assert {"capacity_c_rate", "retention_cycles"} <= set(about["assumed_conditions"])


def test_an_impossible_level_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", SPINEL, *TEST, "--level", "0.99999"]) == 2
    assert "needs at least" in capsys.readouterr().err
