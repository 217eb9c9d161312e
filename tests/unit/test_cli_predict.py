import json
from pathlib import Path

import pytest

from hemml.cli import main
from hemml.columns import TARGETS, Column

SPINEL = "Zn0.5(Mn0.4Fe0.2Co0.2Ni0.1Cu0.1)2O4"


def predicted(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict]:
    assert main(["predict", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_json_has_values_intervals_domain_and_evidence(capsys: pytest.CaptureFixture[str], fake_predictor) -> None:
    (about,) = predicted(capsys, SPINEL, "--ion", "Zn", "--current", "100", "--cycles", "500", "--level", "0.8")
    assert about["formula"] == SPINEL
    assert about["conditions"] == {"working_ion": "Zn", "capacity_current_mA_g": 100.0, "retention_cycles": 500.0}
    assert about["assumed_conditions"] == {"role": "cathode", "capacity_c_rate": 0.5}
    assert list(about["predictions"]) == list(TARGETS)
    voltage = about["predictions"]["average_voltage_V"]
    record = {
        "record_id": "HE0007",
        "doi": "10.1000/x",
        "distance": 0.375,
        "formula": "ZnMn2O4",
        "measured": {"capacity_mAh_g": 150.0},
        "tests": {"capacity_mAh_g": "100 mA/g"},
    }
    assert voltage == {"value": 1.25, "lower": 0.625, "upper": 1.875, "level": 0.8, "unit": "V", "has_skill": True} | {
        "in_domain": True,
        "own_rows": 0,
        "domain_limit": 0.5,
        "error_ratio_outside": 1.6,
        "nearest": record,
    }
    assert about["predictions"]["retention_pct"]["has_skill"] is False
    assert about["predictions"]["retention_pct"]["in_domain"] is False
    assert about["in_domain"] is True
    assert about["domain_target"] == "capacity_mAh_g"
    assert about["unusual"] == ["no training record contains Ta"]
    assert about["nearest"] == [record]
    assert fake_predictor.levels == [0.8]


def test_options_become_columns(capsys: pytest.CaptureFixture[str], fake_predictor) -> None:
    options = ["--ion", "Zn", "--role", "cathode", "--family", "spinel", "--c-rate", "0.5", "--window", "-0.1", "1.9"]
    options += ["--temperature", "0", "--electrolyte", "2 M ZnSO4", "--composite"]
    first, second = predicted(capsys, SPINEL, "ZnMn2O4", *options)
    assert (
        first["conditions"]
        == second["conditions"]
        == {
            "working_ion": "Zn",
            "role": "cathode",
            "family": "spinel",
            "capacity_c_rate": 0.5,
            "voltage_min_V": -0.1,
            "voltage_max_V": 1.9,
            "temperature_C": 0.0,
            "electrolyte": "2 M ZnSO4",
            "is_composite": True,
        }
    )
    (frame,) = fake_predictor.frames
    assert frame[Column.FORMULA].tolist() == [SPINEL, "ZnMn2O4"]
    assert frame[Column.VOLTAGE_MIN].tolist() == [-0.1, -0.1]
    assert frame[Column.RETENTION_CYCLES].isna().all()


def test_models_folder_is_passed_on(capsys: pytest.CaptureFixture[str], fake_predictor) -> None:
    predicted(capsys, "LiFePO4")
    predicted(capsys, "LiFePO4", "--models", "models/local")
    assert fake_predictor.loaded == [None, Path("models/local")]


def test_text(capsys: pytest.CaptureFixture[str], fake_predictor) -> None:
    assert main(["predict", SPINEL, "--ion", "Zn", "--current", "100", "--cycles", "500"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == SPINEL
    assert "90 % interval" in lines[1]
    assert lines[2].split() == ["Capacity", "143", "72", "to", "215", "mAh/g"]
    assert lines[3].split() == ["Average", "voltage", "1.25", "0.62", "to", "1.88", "V"]
    assert lines[4].rstrip().endswith("%      no skill on unseen papers; no near record measured it")
    text = "\n".join(lines)
    assert "Current density of the capacity 100 mA/g, Cycles of the retention 500 cycles" in text
    assert "assumed: Role cathode, C-rate of the capacity 0.5 C" in text
    assert "inside the domain: the nearest record is at distance 0.38, the limit is 0.50" in text
    head = "  distance  formula  capacity, mAh/g  average voltage, V  capacity retention, %  DOI, record"
    row = "  0.38      ZnMn2O4  150 (100 mA/g)   -                   -                      10.1000/x, HE0007"
    assert lines[-9:] == [
        "unusual:",
        "  - no training record contains Ta",
        "nearest published records:",
        head,
        row,
        "nearest that measured average voltage:",
        row,
        "nearest that measured capacity retention:",
        row,
    ]


def test_text_outside_the_domain(capsys: pytest.CaptureFixture[str], fake_predictor) -> None:
    fake_predictor.inside = False
    assert main(["predict", "LiFePO4", "NaMnO2"]) == 0
    text = capsys.readouterr().out
    assert text.count("OUTSIDE the domain") == 2
    assert text.count("the limit is 0.25; errors on unseen papers were 1.6 times as large out there; trust") == 2


def test_text_of_a_near_material_with_unknown_elements(capsys: pytest.CaptureFixture[str], fake_predictor) -> None:
    fake_predictor.inside = False
    fake_predictor.limit = 0.9
    assert main(["predict", "LiFePO4"]) == 0
    assert "the limit is 0.90, but it holds elements that hardly any record has; trust" in capsys.readouterr().out


def test_above_gives_probabilities(fake_predictor, capsys):
    arguments = ["predict", "ZnMn2O4", "--above", "capacity=200", "--above", "capacity_mAh_g=100"]
    assert main([*arguments, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    asked = row["predictions"]["capacity_mAh_g"]["above"]
    assert asked == [{"value": 200.0, "probability": 0.25}, {"value": 100.0, "probability": 0.75}]
    assert "above" not in row["predictions"]["average_voltage_V"]
    assert main(arguments) == 0
    assert "probability of capacity above 200 mAh/g: 25 %" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("capacity", "--above must be TARGET=VALUE, got 'capacity'"),
        ("capacity=much", "the value must be a number in mAh/g, got 'much'"),
        ("retention=nan", "the value must be a number in %, got 'nan'"),
        ("capacitance=3", "capacitance"),
    ],
)
def test_wrong_thresholds_are_named(fake_predictor, capsys, text, message):
    assert main(["predict", "ZnMn2O4", "--above", text]) == 2
    assert message in capsys.readouterr().err
    assert not fake_predictor.frames


def test_above_adds_columns_to_a_table(fake_predictor, tmp_path, capsys):
    table = tmp_path / "rows.csv"
    table.write_text("formula,working_ion\nZnMn2O4,Zn\n", encoding="utf-8")
    assert main(["predict", "--input", str(table), "--above", "retention=80"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.endswith(",retention_pct_above_80")
    assert row.endswith(",0.75")
