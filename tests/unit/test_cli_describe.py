import json
import math

import pytest

from hemml.cli import main
from hemml.features import FeatureSet

ROCKSALT = "(Co0.2Cu0.2Mg0.2Ni0.2Zn0.2)O"


def described(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main(["describe", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_rocksalt_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    about = described(capsys, ROCKSALT)
    assert about["formula"] == ROCKSALT
    assert about["working_ion"] is None
    assert about["entropy_class"] == "high"
    assert about["features"]["S_config_cation_R"] == pytest.approx(math.log(5), abs=1e-9)
    assert about["oxidation_states"] == dict.fromkeys(["Co", "Cu", "Mg", "Ni", "Zn"], 2.0)
    assert about["sublattices"] == {
        "cation": dict.fromkeys(["Co", "Cu", "Mg", "Ni", "Zn"], 0.2),
        "anion": {"O": 1.0},
        "mobile": {},
    }
    assert about["residual_charge"] == 0
    assert list(about["features"]) == list(FeatureSet.default().names)


def test_feature_that_does_not_apply_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    assert described(capsys, ROCKSALT)["features"]["mixing_enthalpy_kJ_mol"] is None
    assert described(capsys, "CoCrFeMnNi")["features"]["mixing_enthalpy_kJ_mol"] == pytest.approx(-4.16, abs=0.01)


def test_mixed_oxidation_states_are_mean_and_ions(capsys: pytest.CaptureFixture[str]) -> None:
    about = described(capsys, "LiMn2O4")
    assert about["oxidation_states"] == {"Mn": 3.5}
    assert about["ions"] == {"Mn3+": 1.0, "Mn4+": 1.0}
    assert about["working_ion"] == "Li"
    assert about["sublattices"]["mobile"] == {"Li": 1.0}


def test_several_cation_sublattices_are_merged_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    perovskite = described(capsys, "La0.8Sr0.2(Cr0.2Mn0.2Fe0.2Co0.2Ni0.2)O3")["sublattices"]
    assert perovskite["cation_1"] == {"La": 0.8, "Sr": 0.2}
    assert perovskite["cation_2"] == dict.fromkeys(["Cr", "Mn", "Fe", "Co", "Ni"], 0.2)
    assert perovskite["cation"] == {"La": 0.4, "Sr": 0.1, **dict.fromkeys(["Cr", "Mn", "Fe", "Co", "Ni"], 0.1)}
    blue = described(capsys, "K2Mn[Fe(CN)6]·2H2O")["sublattices"]
    assert blue["cation"] == {"Mn": 0.5, "Fe": 0.5}
    assert (blue["cation_1"], blue["hexacyanometallate"]) == ({"Mn": 1.0}, {"Fe": 1.0})
    assert blue["molecule"] == {"H2O": 1.0}


def test_alloy_has_its_own_sublattice(capsys: pytest.CaptureFixture[str]) -> None:
    about = described(capsys, "CoCrFeMnNi")
    assert about["sublattices"]["alloy"] == dict.fromkeys(["Co", "Cr", "Fe", "Mn", "Ni"], 0.2)
    assert about["sublattices"]["cation"] == {}
    assert about["oxidation_states"] == {}


def test_working_ion_and_sublattice_can_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert described(capsys, "ZnMn2O4", "--ion", "Zn")["sublattices"]["mobile"] == {"Zn": 1.0}
    assert described(capsys, "ZnMn2O4")["sublattices"]["mobile"] == {}
    moved = described(capsys, "Li1.2Mn0.8O2", "--ion", "Li", "--cation", "Li")
    assert set(moved["sublattices"]["cation"]) == {"Li", "Mn"}


def test_vacancies_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    about = described(capsys, "Na0.67Mn0.9□0.1O2")
    cation = next(s for s in about["sublattice_amounts"] if s["kind"] == "cation")
    assert cation["vacancy"] == 0.1
    assert about["sublattices"]["cation"] == {"Mn": 0.9}


def test_text_shows_classes_states_and_units(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", ROCKSALT]) == 0
    text = capsys.readouterr().out
    assert text.startswith(ROCKSALT + "\n")
    assert "high (1.609 R on the cation sites)" in text
    assert "Mg 2+, Co 2+, Ni 2+, Cu 2+, Zn 2+" in text
    assert "balanced" in text
    assert "One cation sublattice: Co, Cu, Mg, Ni, Zn." in text
    line = next(line for line in text.splitlines() if "theoretical_capacity_mAh_g" in line)
    assert "mAh/g" in line
    omega = next(line for line in text.splitlines() if " omega " in line)
    assert "does not apply" in omega
    assert "magpie" not in text.lower()


def test_brackets_in_a_formula_are_not_markup(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "K2Mn[Fe(CN)6]"]) == 0
    assert capsys.readouterr().out.startswith("K2Mn[Fe(CN)6]\n")


def test_unbalanced_charge_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "MgF4"]) == 0
    assert "NOT balanced: +2 e per formula unit" in capsys.readouterr().out


def test_explain_adds_definition_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", ROCKSALT, "--explain"]) == 0
    text = capsys.readouterr().out
    assert "source: Sarkar et al." in text
    assert "= -sum_s" in text
    about = described(capsys, ROCKSALT, "--explain")
    assert about["definitions"]["theoretical_capacity_mAh_g"]["unit"] == "mAh/g"
    assert set(about["definitions"]) == set(about["features"])


def test_all_adds_the_statistics(capsys: pytest.CaptureFixture[str]) -> None:
    main(["describe", ROCKSALT])
    short = len(capsys.readouterr().out.splitlines())
    main(["describe", ROCKSALT, "--all"])
    assert len(capsys.readouterr().out.splitlines()) > short + 200
