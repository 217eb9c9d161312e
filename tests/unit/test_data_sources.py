import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hemml.cli.data_commands import data_app
from hemml.data import load_table, read_table
from hemml.data.sources import ColumnMap, Reading, RowTest, convert_table, load_map, map_names

MAP = """
title: layered oxides of a made-up lab
source: no paper
where:
  - {column: ok, equals: true}
constants: {working_ion: Na, role: cathode}
columns:
  formula: material
  url: notebook
  structure: {from: phase, words: {p-two: P2, p-three: P3}}
  capacity_c_rate: {from: rate, blank: [0]}
cases:
  - where: [{column: kept, filled: true}]
    columns:
      retention_pct: {from: kept, factor: 100}
      retention_cycles: n
  - where: [{column: Q, above: 0}]
    columns:
      capacity_mAh_g: {from: Q, factor: 1000}
    constants: {capacity_kind: initial, is_comparator: true}
"""
TABLE = """ok,material,notebook,phase,rate,kept,n,Q
True,NaMnO2,own:1,p-two,0.0,0.92,100.0,
yes,NaMnO2,own:1,p-two,0.1,0.92,100.0,
TRUE,NaFeO2,own:1,P-Three,0.1,,,0.12
True,NaFeO2,own:1,O3,0.1,,,
True,NaXxO2,own:2,O3,0.1,,,0.11
True,NaFeO2,own:1,p-three,0.10,,,0.12
True,NaCoO2,own:3,O3,,,,0.15,7
True,NaCoO2,own:3,O3,,,,about 0.15
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lab.yaml").write_text(MAP)
    (tmp_path / "lab.csv").write_text(TABLE)
    return tmp_path


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(data_app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_values_units_words_and_cases(folder: Path) -> None:
    done = convert_table(read_table(folder / "lab.csv"), load_map(folder / "lab.yaml"))
    assert done.lines == (2, 4)
    first, second = done.frame.to_dict("records")
    assert first["retention_pct"] == "92"
    assert first["retention_cycles"] == "100.0"
    assert first["capacity_c_rate"] == ""
    assert (first["structure"], first["is_comparator"]) == ("P2", "")
    assert second["capacity_mAh_g"] == "120"
    assert (second["structure"], second["capacity_kind"], second["is_comparator"]) == ("P3", "initial", "1")
    assert list(done.frame.columns)[:2] == ["url", "formula"]


def test_every_other_row_is_rejected_with_its_reason(folder: Path) -> None:
    done = convert_table(read_table(folder / "lab.csv"), load_map(folder / "lab.yaml"))
    reasons = {reject.line: reject.reason for reject in done.rejects}
    assert list(reasons) == [3, 5, 6, 7, 8, 9]
    assert reasons[3] == "left out by the map: ok must be True"
    assert reasons[5] == "left out by the map: none of its cases fits the row"
    assert "formula 'NaXxO2', position 3" in reasons[6]
    assert reasons[7].startswith("repeats the facts of line 4")
    assert reasons[8] == "must have 8 cells as the header has, got 9"
    assert reasons[9] == "left out by the map: none of its cases fits the row"
    assert done.reasons["left out by the map: none of its cases fits the row"] == 2
    assert done.reasons["repeats the facts of an earlier line"] == 1
    assert len(done.frame) + len(done.rejects) == 8


def test_command_writes_a_usable_table_and_the_rejects(folder: Path) -> None:
    out, left = folder / "out.csv", folder / "left.csv"
    code, text = run("convert", folder / "lab.csv", "--map", folder / "lab.yaml", "-o", out, "--rejects", left)
    assert code == 0
    assert "8 rows read, 2 written to" in text
    assert "source, to be cited: no paper" in text
    frame = load_table(out)
    assert frame["retention_pct"].tolist()[0] == 92.0
    assert frame["is_comparator"].tolist() == [False, True]
    header, *rows = left.read_text().splitlines()
    assert header == "line,reason,ok,material,notebook,phase,rate,kept,n,Q"
    assert rows[0] == "3,left out by the map: ok must be True,yes,NaMnO2,own:1,p-two,0.1,0.92,100.0,"
    assert len(rows) == 6


def test_command_as_json(folder: Path) -> None:
    code, text = run("convert", folder / "lab.csv", "--map", folder / "lab.yaml", "-o", folder / "out.csv", "--json")
    report = json.loads(text)
    assert code == 0
    assert (report["read"], report["written"], report["left_out"]) == (8, 2, 6)
    assert sum(report["reasons"].values()) == 6


@pytest.mark.parametrize(
    ("test", "passes", "fails"),
    [
        (RowTest(column="a", equals=("1", "x")), ["1", "1.0", "X"], ["", "2", "y"]),
        (RowTest(column="a", filled=True), ["0", "no"], [""]),
        (RowTest(column="a", filled=False), [""], ["0"]),
        (RowTest(column="a", at_least=2, below=5), ["2", "4.9"], ["", "1.9", "5", "three", "nan"]),
        (RowTest(column="a", above=2, at_most=5), ["2.1", "5"], ["2", "5.1"]),
    ],
)
def test_row_tests(test: RowTest, passes: list[str], fails: list[str]) -> None:
    assert [test.holds(cell) for cell in passes] == [True] * len(passes)
    assert [test.holds(cell) for cell in fails] == [False] * len(fails)


def test_a_number_that_cannot_be_read_is_left_for_the_checks() -> None:
    reading = Reading.model_validate({"from": "Q", "factor": 0.1})
    assert [reading.read(cell) for cell in ("3", "", "3 mAh")] == ["0.3", "", "3 mAh"]


def test_shipped_maps_are_readable_and_say_their_source() -> None:
    assert map_names() == ("na_layered_textmined", "nmc_doped")
    for name in map_names():
        shipped = load_map(name)
        assert isinstance(shipped, ColumnMap)
        assert "doi 10." in shipped.source


def _extra(name: str) -> Path:
    folder = os.environ.get("HEMML_EXTRA_DATA")
    if not folder:
        pytest.skip("HEMML_EXTRA_DATA does not name the folder with the extra tables")
    return Path(folder) / name


def test_text_mined_sodium_table(tmp_path: Path) -> None:
    file = _extra("na_layered_textmined.csv")
    out = tmp_path / "out.csv"
    assert run("convert", file, "--map", "na_layered_textmined", "--output", out)[0] == 0
    frame, source = load_table(out), read_table(file).frame
    consistent = source[source["consistent"] == "True"]
    assert len(frame) == len(consistent)
    assert frame["retention_pct"].notna().sum() == (consistent["Retention_pct"] != "").sum()
    assert frame["retention_cycles"].min() >= 2
    assert frame["capacity_mAh_g"].max() <= 300
    assert set(frame["capacity_kind"]) == {"", "initial", "reversible", "after_cycles"}
    assert set(frame["working_ion"]) == {"Na"}


def test_doped_nmc_table(tmp_path: Path) -> None:
    file = _extra("nmc_doped.csv")
    out = tmp_path / "out.csv"
    assert run("convert", file, "--map", "nmc_doped", "--output", out)[0] == 0
    frame, source = load_table(out), read_table(file).frame
    assert len(frame) == len(source)
    assert frame["is_comparator"].sum() == (source["x_dopant"].astype(float) == 0).sum() > 0
    assert set(frame["retention_cycles"]) == {50.0}
    ratio = 100 * source["EC50_mAh_g"].astype(float) / source["IC_mAh_g"].astype(float)
    assert frame["retention_pct"].to_numpy() == pytest.approx(ratio.to_numpy(), abs=1e-6)
