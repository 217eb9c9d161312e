from pathlib import Path

import pytest

from hemml.data import load_table
from hemml.data.merge import merge_table
from hemml.errors import DataError

HEADER = "record_id,doi,formula,working_ion,role,capacity_mAh_g,notes\n"
FIRST = 'r1,10.1000/a,LiFePO4,Li,cathode,160,"said ""about"", twice"\n'
SECOND = "r2,10.1000/b,LiCoO2,Li,cathode,140.50,\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(HEADER + FIRST + SECOND)
    return path


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_new_rows_are_appended_and_old_text_stays(tmp_path: Path, table: Path) -> None:
    new = write(
        tmp_path / "new.csv",
        "url,formula,working_ion,role,retention_pct,retention_cycles\nown:1,MnO2,Zn,cathode,80,100\n",
    )
    report = merge_table(new, table)
    lines = table.read_text().splitlines()
    assert lines[0] == HEADER.strip() + ",url,retention_pct,retention_cycles"
    assert lines[1] == FIRST.strip() + ",,,"
    assert lines[2] == SECOND.strip() + ",,,"
    assert lines[3] == f"{report.added[0]},,MnO2,Zn,cathode,,,own:1,80,100"
    assert len(load_table(table)) == 3


def test_rows_that_are_there_already_are_left_out_and_reported(tmp_path: Path, table: Path) -> None:
    before = table.read_bytes()
    new = write(
        tmp_path / "new.csv", "doi,formula,working_ion,role,capacity_mAh_g\n10.1000/B,LiCoO2,Li,cathode,140.5\n"
    )
    report = merge_table(new, table)
    assert report.added == ()
    assert report.repeated == ((2, 3),)
    assert table.read_bytes() == before


def test_adding_twice_adds_once(tmp_path: Path, table: Path) -> None:
    new = write(tmp_path / "new.csv", "url,formula,working_ion,role,capacity_mAh_g\nown:1,MnO2,Zn,cathode,250\n")
    assert len(merge_table(new, table).added) == 1
    after = table.read_bytes()
    assert len(merge_table(new, table).added) == 0
    assert table.read_bytes() == after


def test_missing_table_is_made_with_every_column(tmp_path: Path, table: Path) -> None:
    target = tmp_path / "mine.csv"
    report = merge_table(table, target)
    assert report.added == ("r1", "r2")
    assert load_table(target).equals(load_table(table))


def test_reused_id_with_other_facts_is_refused(tmp_path: Path, table: Path) -> None:
    before = table.read_bytes()
    new = write(tmp_path / "new.csv", HEADER + "r1,10.1000/z,NaCoO2,Na,cathode,99,\n")
    with pytest.raises(DataError, match="names other facts on line 2 of the table; clear it to add the row"):
        merge_table(new, table)
    assert table.read_bytes() == before


def test_errors_in_either_table_change_nothing(tmp_path: Path, table: Path) -> None:
    bad = write(tmp_path / "bad.csv", HEADER + "r9,10.1000/z,NaCoO2,Na,cathode,99%,\n")
    before = table.read_bytes()
    with pytest.raises(DataError, match=r"bad\.csv: 1 error.*\n.*holds a percent sign"):
        merge_table(bad, table)
    with pytest.raises(DataError, match=r"bad\.csv: 1 error"):
        merge_table(table, bad)
    with pytest.raises(DataError, match="holds a percent sign"):
        merge_table(bad, tmp_path / "fresh.csv")
    assert table.read_bytes() == before
    assert not (tmp_path / "fresh.csv").exists()


def test_table_that_changes_meanwhile_is_not_overwritten(
    tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hemml.data import merge

    hashes = iter(["before", "after"])
    monkeypatch.setattr(merge, "sha256_of", lambda path: next(hashes))
    new = write(tmp_path / "new.csv", "url,formula,working_ion,role,capacity_mAh_g\nown:1,MnO2,Zn,cathode,250\n")
    with pytest.raises(DataError, match="changed while rows were being added, nothing was written"):
        merge_table(new, table)
