"""Tables of candidates as design spaces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hemml.active.objective import Objective
from hemml.active.space import DesignSpace, count_survivors, survivors
from hemml.composition import CompositionBatch
from hemml.errors import DataError, InputError

AIM = [Objective("capacity_mAh_g", "max")]
ROWS = """formula,working_ion,role,family,capacity_current_mA_g
ZnMn2O4,Zn,cathode,spinel,100
Mg[Mn0.5Fe0.5]2O4,Zn,cathode,spinel,100
ZnMn2O4,Zn,cathode,spinel,200
V2O5,Zn,cathode,vanadium_oxide,
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_rows_are_ranks(table: Path) -> None:
    space = DesignSpace.load(table, AIM)
    assert (space.size, space.is_table, space.title) == (4, True, "rows")
    candidates = space.candidates([3, 0])
    assert candidates.formulas == ["V2O5", "ZnMn2O4"]
    assert candidates.conditions["capacity_current_mA_g"].tolist()[1] == 100.0
    assert np.isnan(candidates.conditions["capacity_current_mA_g"].tolist()[0])
    assert candidates.conditions["family"].tolist() == ["vanadium_oxide", "spinel"]
    batch = CompositionBatch.from_formulas(["Mn2ZnO4", "Mg[FeMn]O4", "V2O5", "MnO2"], "Zn")
    assert space.rank_of(batch).tolist() == [0, 1, 3, -1]
    assert space.neighbours([0, 1]).tolist() == []
    assert space.elements == ("O", "Mg", "V", "Mn", "Fe", "Zn")


def test_yaml_names_a_table_beside_it(table: Path) -> None:
    path = table.parent / "space.yaml"
    table.write_text("formula,voltage_max_V\nZnMn2O4,\nV2O5,1.6\nMnO2,\n", encoding="utf-8")
    path.write_text(
        "title: Table\nworking_ion: Zn\nrole: cathode\ncandidates: rows.csv\nconditions: {voltage_max_V: 1.9}\n"
        "objectives: [capacity_mAh_g:max]\nconstraints: [amount_Mn > 0]\n",
        encoding="utf-8",
    )
    space = DesignSpace.load(path)
    assert space.candidates([0, 1, 2]).conditions["voltage_max_V"].tolist() == [1.9, 1.6, 1.9]
    assert space.candidates([0]).conditions["role"].tolist() == ["cathode"]
    assert survivors(space.constraints, space.batch([0, 1, 2])).rows.tolist() == [0, 2]
    assert count_survivors(space).survivors.value == 2
    table.unlink()
    again = DesignSpace.from_json(space.to_json())
    assert again.sha256 == space.sha256
    assert again.formulas([0, 1, 2]) == ["ZnMn2O4", "V2O5", "MnO2"]


def test_all_problems_are_reported_at_once(table: Path) -> None:
    table.write_text(
        ROWS + "Mn2ZnO4,Zn,cathode,spinel,100\nNaxMnO2,Zn,cathode,,\nZnO2Q,Zn,cathode,,\nMnO2,Zn,cathod,,\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError) as caught:
        DesignSpace.load(table, AIM)
    text = str(caught.value)
    assert "4 errors in 4 rows" in text
    assert "line 6, formula = 'Mn2ZnO4': is the same candidate as line 2; delete one of them" in text
    assert "line 7, formula = 'NaxMnO2'" in text
    assert "line 8, formula = 'ZnO2Q'" in text
    assert "line 9, role = 'cathod'" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("formula,working_ion,role\n", r"must have at least one row below its header"),
        ("composition,working_ion,role\nMnO2,Zn,cathode\n", r"formula: column must be present"),
        ("formula,working_ion\nMnO2,Zn\n", r"role: column must be present in a table of candidates"),
        (
            "formula,working_ion,role,capacity_mAh_g\nMnO2,Zn,cathode,300\n",
            r"capacity_mAh_g: must be formula or a test condition",
        ),
        (
            "formula,working_ion,role,voltage_maks_V\nMnO2,Zn,cathode,2\n",
            r"voltage_maks_V: is not a column .*did you mean 'voltage_max_V'",
        ),
        ("formula,working_ion,role\nMnO2,Zn\n", r"must have 3 cells as the header has, got 2"),
        ("formula,working_ion,role\nMnO2,Zm,cathode\n", r"working_ion = 'Zm'"),
    ],
)
def test_a_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        DesignSpace.load(path, AIM)


def test_a_table_needs_objectives(table: Path) -> None:
    with pytest.raises(InputError, match=r"a table of candidates needs objectives, got none; give capacity_mAh_g:max"):
        DesignSpace.load(table)
    with pytest.raises(InputError, match=r"must be an existing CSV file"):
        DesignSpace.load(table.parent / "none.csv", AIM)


def test_ranks_are_checked(table: Path) -> None:
    space = DesignSpace.load(table, AIM)
    with pytest.raises(InputError, match=r"ranks must be from 0 to 3, got 4"):
        space.candidates([0, 4])
    with pytest.raises(InputError, match=r"a sample must have at least one candidate, got 0"):
        space.sample(0, np.random.default_rng(0))
