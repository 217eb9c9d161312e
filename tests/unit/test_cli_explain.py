"""`hemml explain` with the models that come with hemml."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from hemml.cli import main
from hemml.columns import TARGETS

SPINEL = "Zn0.5(Mn0.4Fe0.2Co0.2Ni0.1Cu0.1)2O4"
TEST = ["--ion", "Zn", "--role", "cathode", "--family", "spinel", "--current", "100", "--cycles", "500"]


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main(["explain", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_formula_has_contributions_and_swaps(capsys, tmp_path):
    about = explained(capsys, SPINEL, *TEST, "--csv", str(tmp_path / "swaps.csv"))
    assert main(["predict", SPINEL, *TEST, "--json"]) == 0
    predicted = json.loads(capsys.readouterr().out)[0]["predictions"]
    assert list(about["contributions"]) == list(TARGETS)
    for target, found in about["contributions"].items():
        assert found["predicted"] == pytest.approx(predicted[target]["value"], rel=1e-5)
        total = found["base_scaled"] + sum(item["scaled"] for item in found["contributions"])
        assert total == pytest.approx(found["predicted_scaled"], abs=2e-6)
    written = pd.read_csv(tmp_path / "swaps.csv")
    assert len(written) == len(about["swaps"]) > 50
    assert about["swaps"][0]["removed"] == "Mn"


def test_text_names_ideas_swaps_and_their_limits(capsys):
    assert main(["explain", SPINEL, *TEST, "--target", "average_voltage_V"]) == 0
    out = capsys.readouterr().out
    assert "Redox ladder, theoretical capacity" in out
    assert "Swaps, change of average voltage (V)" in out
    assert "Mn to " in out
    assert "rare: " in out
    assert "not causes" in out
    assert "Capacity" not in out


def test_a_line_is_a_table(capsys):
    about = explained(capsys, "NaNiO2", "--line", "NaMnO2", "--steps", "3", "--target", "capacity_mAh_g")
    assert [row["share"] for row in about["line"]] == [0, 0.5, 1]
    assert about["line"][1]["formula"] == "Na[Ni0.5Mn0.5]O2"
    assert "retention_pct_value" not in about["line"][0]
    assert main(["explain", "NaNiO2", "--line", "NaMnO2", "--steps", "3"]) == 0
    assert "Na[Ni0.5Mn0.5]O2" in capsys.readouterr().out


def test_elements_write_a_picture_and_a_table(capsys, tmp_path):
    picture, table = tmp_path / "effects.png", tmp_path / "effects.csv"
    arguments = ["--elements", "--ion", "Zn", "--role", "cathode", "--target", "capacity_mAh_g"]
    assert main(["explain", *arguments, "--output", str(picture), "--csv", str(table)]) == 0
    out = capsys.readouterr().out
    assert "Capacity of Zn cathodes: average change (%)" in out
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert set(pd.read_csv(table)["target"]) == {"capacity_mAh_g"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to explain; give a formula, or --elements with --ion"),
        ([SPINEL, "--target", "capacity"], "unknown target 'capacity'; did you mean 'capacity_mAh_g'"),
        ([SPINEL, "--level", "90"], "--level must be above 0 and below 1, got 90"),
        ([SPINEL, "--output", "x.png"], "--output is the picture of --elements"),
        ([SPINEL, "--csv", "x.txt"], "--csv must be a .csv file, got 'x.txt'"),
        ([SPINEL, "--csv", "no/such/x.csv"], "--csv must be a file in a folder that exists"),
        (["--elements"], "--elements must have the working ion, got none"),
        (["--elements", "--ion", "Zn", SPINEL], "--elements looks at published hosts, got the formula"),
        (["--elements", "--ion", "Zn", "--output", "x.png"], "--output shows one target, got none"),
        (["--elements", "--ion", "Zn", "--cycles", "5"], "own test conditions, got retention_cycles"),
        (["Zn0.5(Mn"], "position 9"),
        (["C6H4O2", "--ion", "Na"], "must hold cations or an alloy"),
        (["NaMnO2", "--line", "LiCoO2"], "must hold the same mobile ion"),
        (["NaMnO2", "--line", "NaxO2"], "formula 'NaxO2', position 3"),
    ],
)
def test_bad_input_is_refused(capsys, arguments, message):
    assert main(["explain", *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
