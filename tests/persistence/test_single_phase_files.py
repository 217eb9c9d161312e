"""The shipped single-phase model, its training from small tables, and bundles that are damaged or of another kind."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from hemml.cli import main
from hemml.composition import CompositionBatch
from hemml.data import resource_path
from hemml.errors import BundleError, InputError
from hemml.models.single_phase import SinglePhase

SHIPPED = resource_path("models", "single_phase")
METALS = ("Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Nb", "Mo", "Al", "Zr")
CONFIG = """
folds: 3
inner_folds: 2
bootstrap: 50
oxides:
  base_rate: 0.6
  columns: {radius_mismatch_pct: {slope: -0.4, deviation: 0.15}}
alloys:
  learners: [logistic, boosting]
  calibrate: true
  columns:
    radius_mismatch_pct: {slope: -0.5, falls: true}
    mixing_enthalpy_kJ_mol below 0: {slope: -0.5}
boosting: {n_estimators: 10, max_depth: 2}
"""


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """Pairs of metals: mixed wherever zirconium, the largest, is among them, and now and then by chance."""
    pairs = [(a, b) for i, a in enumerate(METALS) for b in METALS[i + 1 :]]
    outcomes = [int("Zr" not in pair and k % 9 > 0) for k, pair in enumerate(pairs)]
    for name, pattern in (("oxides", "({a}{b})3O4"), ("alloys", "{a}3{b}")):
        rows = [f"{pattern.format(a=a, b=b)},{y}" for (a, b), y in zip(pairs, outcomes, strict=True)]
        rows.append("NaCl,1" if name == "oxides" else "FeO,1")
        (tmp_path / f"{name}.csv").write_text("\n".join(["formula,single_phase", *rows]) + "\n", encoding="utf-8")
    (tmp_path / "single.yaml").write_text(CONFIG, encoding="utf-8")
    files = {"--oxides": "oxides.csv", "--alloys": "alloys.csv", "--config": "single.yaml"}
    return ["single-phase", "train", *(part for o, f in files.items() for part in (o, str(tmp_path / f)))]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(SHIPPED, tmp_path / "model")
    return tmp_path / "model"


def edit(folder: Path, **changes: object) -> None:
    path = folder / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), encoding="utf-8")


def test_shipped_model_is_small_names_its_sources_and_owns_up_to_no_skill_for_oxides() -> None:
    about = SinglePhase.load().metadata["tables"]
    card = (SHIPPED / "card.md").read_text("utf-8")
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 1e6
    for doi in ("10.3390/jcs5120311", "10.1038/s41524-020-0308-7"):
        assert doi in card
    assert about["ionic"]["has_skill"] == {"all": False}
    assert "No skill beyond the base rate" in card
    assert about["alloy"]["has_skill"] == {"all": True, "4 or more elements": True}
    assert SinglePhase.load() is SinglePhase.load()


@pytest.mark.parametrize("subset", ["all", "4 or more elements"])
def test_shipped_scores_of_alloys_beat_the_base_rate_and_every_rule(subset: str) -> None:
    scores = SinglePhase.load().metadata["tables"]["alloy"]["scores"][subset]
    assert len(scores) == 5
    for name, found in scores.items():
        if name != "hemml":
            assert scores["hemml"]["intervals_95"]["log_loss"][1] < found["log_loss"]
    assert scores["hemml"]["calibration_error"] < 0.05


def test_training_writes_the_same_bytes_twice_and_is_read_back(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        assert main([*arguments, "--output", str(tmp_path / name)]) == 0
    captured = capsys.readouterr()
    assert "66 oxides of 66 element sets; 1 rows could not be described" in captured.out
    assert "line 68: formula 'FeO': must be an alloy of metals, got a compound" in captured.err
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    model = SinglePhase.load(tmp_path / "one")
    assert model.models["ionic"].base_rate == 0.6
    assert model.metadata["tables"]["alloy"]["left_out_lines"] == [68]
    near, far = model.probability(CompositionBatch.from_formulas(["Fe3Co", "Co3Zr"]))
    assert near > far


def test_json_of_both_commands(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = str(tmp_path / "model")
    assert main([*arguments, "-o", output, "--json"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["tables"]["ionic"]["n_rows"] == 66
    assert main(["single-phase", "predict", "CoFe", "(CoFe)O2", "--model", output, "--json"]) == 0
    alloy, oxide = json.loads(capsys.readouterr().out)
    assert alloy["formula"] == "CoFe"
    assert oxide["base_rate"] == 0.6
    assert 0 < oxide["single_phase_probability"] < 1


def test_predict_prints_a_line_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["single-phase", "predict", "CoCrFeMnNi", "(Mg0.2Co0.2Ni0.2Cu0.2Zn0.2)O"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["formula", "probability", "base", "rate"]
    assert lines[1].startswith("CoCrFeMnNi ")
    assert lines[2].endswith("0.70")


def test_predict_names_a_formula_that_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["single-phase", "predict", "CoQq"]) == 2
    assert "formula 'CoQq'" in capsys.readouterr().err


def test_no_other_folder_is_replaced(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("years of work", encoding="utf-8")
    assert main([*arguments, "--output", str(tmp_path / "thesis")]) == 2
    assert "holds something else than a single-phase model" in capsys.readouterr().err
    assert (tmp_path / "thesis" / "chapter1.txt").read_text("utf-8") == "years of work"


@pytest.mark.parametrize("name", ["alloy.ubj", "card.md"])
def test_damaged_models_are_refused(copy: Path, name: str) -> None:
    (copy / name).write_bytes(b"nothing")
    with pytest.raises(BundleError, match="SHA-256 must be"):
        SinglePhase.load(copy)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "voltage prior"}, "must be a single-phase model of format 1"),
        ({"format": 2}, "must be a single-phase model of format 1"),
        ({"models": {}}, "KeyError"),
        ({"beyond_oxides": 2}, "beyond_oxides 2"),
        ({"own_work": {"offset_sd": -1}}, "must be what hemml wrote"),
        ({"members": {"alloy": "../alloy.ubj"}}, "every regressor must be among its files"),
        ({"files": {}}, "must list its files"),
    ],
)
def test_models_of_another_kind_are_refused(copy: Path, changes: dict[str, object], message: str) -> None:
    edit(copy, **changes)
    with pytest.raises(BundleError, match=message):
        SinglePhase.load(copy)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": [1.0]}, "weights of shape"),
        ({"columns": ["colour"] * 4}, "unknown feature 'colour'"),
        ({"base_rate": 1.0}, "base_rate 1.0"),
        ({"scale": [0.0] * 4}, "scale"),
        ({"weights_covariance": np.diag([1.0, 1, 1, 1, -1]).tolist()}, "weights_covariance that is none"),
        ({"center": [float("nan")] * 4}, "center of shape"),
    ],
)
def test_models_with_wrong_numbers_are_refused(copy: Path, changes: dict[str, object], message: str) -> None:
    about = json.loads((copy / "metadata.json").read_text("utf-8"))["models"]
    edit(copy, models=about | {"ionic": about["ionic"] | changes})
    with pytest.raises(BundleError, match=message):
        SinglePhase.load(copy)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="make one with hemml single-phase train"):
        SinglePhase.load(tmp_path)


def test_own_outcomes_are_not_written_into_a_bundle(tmp_path: Path) -> None:
    batch = CompositionBatch.from_formulas(["CoCrFeMnNi"])
    updated = SinglePhase.load().updated(batch, np.array([True]))
    with pytest.raises(InputError, match="must hold no own outcomes to be written, got 1"):
        updated.save(tmp_path / "model", "")
    assert not (tmp_path / "model").exists()
