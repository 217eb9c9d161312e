"""Files that are not what they should be: each says what was found and what to do."""

from pathlib import Path

import pytest

from hemml.data import read_table
from hemml.errors import DataError

HEADER = "formula,working_ion,role\n"
ROW = "LiFePO4,Li,cathode\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got an empty file"),
        (b"\xef\xbb\xbf \n\n", "got an empty file"),
        (HEADER.encode(), "at least one row below its header"),
        (b"PK\x03\x04rest", "got an Excel or zip file; save it as 'CSV UTF-8'"),
        (b"PAR1rest", "got a Parquet file"),
        ("a,b\n1,2\n".encode("utf-16"), "got a UTF-16 text file"),
        (b"a,b\n1,\x00\n", "zero bytes"),
        (b"formula,notes\nLiFePO4,25 \xb0C\n", r"line 2: must be UTF-8 text, got byte 0xb0 near .*25 "),
        (b"formula;role\nLiFePO4;cathode\n", "separated by commas, got semicolons in 'formula;role'"),
        (b"formula\trole\nLiFePO4\tcathode\n", "separated by commas, got tabs"),
        (b'{"formula": "LiFePO4"}\n', "looks like JSON or HTML"),
        (b"<html>\n<body>\n", "looks like JSON or HTML"),
        (b"formula,,role\nLiFePO4,x,cathode\n", "every column must have a name, got none for column 2"),
        (b"formula,role,formula\nLiFePO4,cathode,x\n", "names must differ, got formula more than once"),
        (b'formula,notes\nLiFePO4,"open\n', "row from line 2: must be CSV, got unexpected end of data"),
        (b'formula,notes\nLiFePO4,"a"b\n', "row from line 2: must be CSV.*write a quote inside quoted text twice"),
    ],
)
def test_what_is_not_a_table(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_table(path)


@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".ods", ".XLSX"])
def test_spreadsheets_are_refused_with_the_way_out(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(DataError, match=r"got a spreadsheet .*'Save as' and 'CSV UTF-8 \(comma delimited\)'"):
        read_table(path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.csv'.*found none; check the path"):
        read_table(tmp_path / "absent.csv")
    with pytest.raises(DataError, match="got a folder"):
        read_table(tmp_path)


def test_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DataError, match=r"cannot be read \(Permission denied\)"):
        read_table(tmp_path / "rows.csv")


def test_very_long_cell_is_an_error_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(HEADER + "L" * 200_000 + ",Li,cathode\n")
    with pytest.raises(DataError, match="row from line 2: must be CSV, got field larger than field limit"):
        read_table(path)


def test_rows_of_another_length_are_listed_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(HEADER + ROW + "LiFePO4,Li\n" + ROW + "LiFePO4,Li,cathode,92,5\n")
    raw = read_table(path)
    assert [problem.row for problem in raw.problems] == [3, 5]
    assert str(raw.problems[1]) == (
        "line 5 = 'LiFePO4,Li,cathode,92,5': must have 3 cells as the header has, got 5; "
        "put text that holds a comma in double quotes, and write decimals with a point"
    )
    assert raw.lines == (2, 4)


def test_what_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b'\xef\xbb\xbfformula,notes\r\n\r\nLiFePO4,"two\r\nlines"\r\n,,\r\n'.replace(b",,\r\n", b"\r\n"))
    raw = read_table(path)
    assert list(raw.frame.columns) == ["formula", "notes"]
    assert raw.frame.iloc[0].tolist() == ["LiFePO4", "two\r\nlines"]
    assert raw.problems == ()


def test_lines_count_blank_lines_and_line_breaks_in_quotes(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('formula,notes\nA,"two\nlines"\n\nB,x\n')
    assert read_table(path).lines == (2, 5)
