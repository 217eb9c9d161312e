from pathlib import Path

import pytest
from typer.testing import CliRunner

from hemml.cli.data_commands import data_app
from hemml.data import read_table
from hemml.data.sources import convert_table, load_map
from hemml.errors import ConfigError, DataError, InputError, UnknownNameError

BASE = "title: t\nconstants: {working_ion: Na, role: cathode}\n"
COLUMNS = "columns: {formula: f, doi: d, capacity_mAh_g: q}\n"


def _map(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "map.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "must be a mapping of keys, got list"),
        ("title: [", "must be YAML"),
        (BASE + COLUMNS.replace("formula", "formul"), "unknown column of hemml 'formul'; did you mean 'formula'"),
        (BASE + COLUMNS + "extra: 1\n", "extra: Extra inputs are not permitted"),
        (BASE + "columns: {doi: d, capacity_mAh_g: q}\n", "map must fill formula, got nothing for it"),
        (BASE + "columns: {formula: f, capacity_mAh_g: q}\n", "must name the source of each row, got none"),
        (BASE + "columns: {formula: f, doi: d}\n", "must fill a measured value, got none"),
        (BASE + COLUMNS.replace("}", ", role: r}"), "map must fill each column once, got role twice"),
        (BASE + COLUMNS + "where: [{column: a}]\n", "must test column 'a', got no test"),
        (BASE + COLUMNS + "where: [{column: a, at_lest: 2}]\n", "where.0.at_lest: Extra inputs"),
        (BASE + "columns: {formula: f, doi: d, capacity_mAh_g: {from: q, factor: -1}}\n", "greater than 0"),
        (BASE + "columns: {formula: f, doi: d}\ncases: [{columns: {year: y}}]\n", "case 1 must fill a measured value"),
        (COLUMNS + "constants: {working_ion: Na, role: cathode}\n", "title: Field required"),
    ],
)
def test_bad_maps(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("(", r"\(").replace("[", r"\[")):
        load_map(_map(tmp_path, text))


def test_absent_maps(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown column map 'nmc_dopd'; did you mean 'nmc_doped'"):
        load_map("nmc_dopd")
    with pytest.raises(ConfigError, match="must be a readable UTF-8 file"):
        load_map(tmp_path / "absent.yaml")


def test_table_without_the_columns_that_the_map_reads(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("f,d,Q\nNaMnO2,10.1000/a,120\n")
    with pytest.raises(DataError, match="got none called 'q'; it has: f, d, Q"):
        convert_table(read_table(table), load_map(_map(tmp_path, BASE + COLUMNS)))


def test_table_without_a_usable_row(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("f,d,q\nNaMnO2,somewhere,120\nNaMnO2,10.1000/a,many\n")
    with pytest.raises(DataError, match=r"must hold a row that the map can use, got none of 2: doi: must be a bare"):
        convert_table(read_table(table), load_map(_map(tmp_path, BASE + COLUMNS)))


def test_files_are_never_replaced(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("f,d,q\nNaMnO2,10.1000/a,120\n")
    old = tmp_path / "old.csv"
    old.write_text("mine\n")
    arguments = ["convert", str(table), "--map", str(_map(tmp_path, BASE + COLUMNS)), "--output"]
    for output, message in (
        (old, "must be a new file, got one that exists"),
        (table, "must be another file than"),
        (tmp_path / "no" / "x.csv", "must be in a folder that exists"),
        (tmp_path / "x.xlsx", "must be a CSV file"),
    ):
        result = CliRunner().invoke(data_app, [*arguments, str(output)])
        assert isinstance(result.exception, InputError)
        assert message in str(result.exception)
    assert old.read_text() == "mine\n"
    assert table.read_text().startswith("f,d,q")
