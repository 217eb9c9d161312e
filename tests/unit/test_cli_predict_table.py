import csv
import io
import json
from pathlib import Path

import pytest

from hemml.cli import main
from hemml.cli.output_files import csv_text
from hemml.columns import TARGETS, Column
from hemml.data import resource_path

ADDED = [f"{target}_{end}" for target in TARGETS for end in ("predicted", "lower", "upper")]
ADDED += ["in_domain", "nearest_record", "nearest_doi"]
# A measured value with a percent sign, a quoted comma, quotes, trailing zeros and a column of the user's own.
TABLE = (
    "my id,formula,working_ion,capacity_mAh_g,capacity_current_mA_g,remark\n"
    '007,MnO2,Zn,87%,100.00,"a, b"\n'
    '008,LiFePO4,,,,"say ""x"""\n'
)
MIXED = (
    "formula,working_ion,capacity_current_mA_g,remark\n"
    "MnO2,Zn,100,one\n"
    "Xx2O3,Zn,100,two\n"
    "MnO2,zinc,100,three\n"
    "MnO2,Zn,0.1 A/g,four\n"
    "MnO2,Zn\n"
    "HeO2,Zn,100,six\n"
    "LiFePO4,,,seven\n"
)

pytestmark = pytest.mark.usefixtures("fake_predictor")


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(TABLE)
    (tmp_path / "mixed.csv").write_text(MIXED)
    return tmp_path


def test_columns_are_kept_as_text_and_predictions_added(
    folder: Path, capsys: pytest.CaptureFixture[str], fake_predictor
) -> None:
    assert main(["predict", "--input", "rows.csv", "--output", "out.csv"]) == 0
    assert capsys.readouterr().out == "out.csv: 2 rows predicted, 0 outside the domain\n"
    before, after = rows_of(folder / "rows.csv"), rows_of(folder / "out.csv")
    assert after[0] == before[0] + ADDED
    assert [row[:6] for row in after] == before
    assert " ".join(after[1][6:]) == "143.333 71.6667 215 1.25 0.625 1.875 84.25 42.125 126.375 1 HE0007 10.1000/x"
    (frame,) = fake_predictor.frames
    assert frame[Column.CAPACITY_CURRENT].iloc[0] == 100
    for target in TARGETS:
        assert frame[target].isna().all()


def test_running_again_replaces_the_predictions(folder: Path) -> None:
    for _ in range(2):
        assert main(["predict", "--input", "rows.csv", "--output", "out.csv", "--rejects", "bad.csv"]) == 0
    assert len(rows_of(folder / "out.csv")) == 3
    assert (folder / "bad.csv").read_text().startswith("rejected_line,rejected_reason,my id,")
    assert len(rows_of(folder / "bad.csv")) == 1


def test_without_output_the_table_goes_to_stdout(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--input", "rows.csv"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0][-3:] == ADDED[-3:]
    assert len(rows) == 3


def test_bad_rows_fail_the_run_before_anything_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], fake_predictor
) -> None:
    assert main(["predict", "--input", "mixed.csv", "--output", "out.csv"]) == 2
    err = capsys.readouterr().err
    assert "5 errors in 5 rows" in err
    for line, reason in (
        (3, "found 'Xx'"),
        (4, "write 'Zn'"),
        (5, "write 100"),
        (6, "must have 4 cells"),
        (7, "got none for He"),
    ):
        assert any(f"line {line}" in text and reason in text for text in err.splitlines())
    assert "--rejects FILE" in err
    assert not (folder / "out.csv").exists()
    assert fake_predictor.loaded == []


def test_bad_rows_go_to_the_rejects(folder: Path, capsys: pytest.CaptureFixture[str], fake_predictor) -> None:
    assert main(["predict", "--input", "mixed.csv", "--output", "out.csv", "--rejects", "bad.csv"]) == 0
    assert "bad.csv: 5 rows set aside" in capsys.readouterr().out
    assert [row[3] for row in rows_of(folder / "out.csv")] == ["remark", "one", "seven"]
    header, *rejected = rows_of(folder / "bad.csv")
    assert header == ["rejected_line", "rejected_reason", "formula", "working_ion", "capacity_current_mA_g", "remark"]
    assert [(row[0], row[-1]) for row in rejected] == [
        ("3", "two"),
        ("4", "three"),
        ("5", "four"),
        ("6", ""),
        ("7", "six"),
    ]
    assert rejected[3][1].endswith("row as found: MnO2,Zn")
    assert "holds the unit 'A/g'" in rejected[2][1]
    assert fake_predictor.frames[0][Column.FORMULA].tolist() == ["MnO2", "LiFePO4"]


def test_only_bad_rows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "none.csv").write_text("formula,working_ion\nXx2O3,Zn\nMnO2,Zm\n")
    assert main(["predict", "--input", "none.csv", "--output", "out.csv", "--rejects", "bad.csv"]) == 2
    assert "no row can be predicted; 2 rows with the reason in bad.csv" in capsys.readouterr().err
    assert len(rows_of(folder / "bad.csv")) == 3
    assert not (folder / "out.csv").exists()


def test_options_count_where_a_row_states_nothing(folder: Path, fake_predictor) -> None:
    (folder / "r.csv").write_text(
        "formula,working_ion,capacity_c_rate,voltage_max_V\nMnO2,,,\nMnO2,Mg,2,\nNaMnO2,,, \nMnO2,,,1.9\n"
    )
    options = ["--ion", "Zn", "--current", "50", "--window", "0.8", "1.8"]
    assert main(["predict", "--input", "r.csv", "--output", "out.csv", *options]) == 0
    (frame,) = fake_predictor.frames
    assert frame[Column.WORKING_ION].tolist() == ["Zn", "Mg", "Zn", "Zn"]
    assert frame[Column.CAPACITY_CURRENT].fillna(0).tolist() == [50, 0, 50, 50]
    assert frame[Column.VOLTAGE_MAX].tolist() == [1.8, 1.8, 1.8, 1.9]
    assert frame[Column.VOLTAGE_MIN].fillna(9).tolist() == [0.8, 0.8, 0.8, 9]
    assert rows_of(folder / "out.csv")[1][:4] == ["MnO2", "", "", ""]


def test_columns_that_no_prediction_reads_are_not_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "r.csv").write_text("formula,working_ion,doi,year\nMnO2,Zn,see notebook,last\n")
    assert main(["predict", "--input", "r.csv", "--output", "out.csv"]) == 0
    assert rows_of(folder / "out.csv")[1][:4] == ["MnO2", "Zn", "see notebook", "last"]
    assert capsys.readouterr().err == ""


def test_misspelt_condition_column_is_warned_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "r.csv").write_text("formula,working_ion,capacity_current\nMnO2,Zn,100\n")
    assert main(["predict", "--input", "r.csv", "--output", "out.csv"]) == 0
    assert "did you mean 'capacity_current_mA_g'" in capsys.readouterr().err


def test_json_of_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--input", "rows.csv", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert (first["line"], second["line"]) == (2, 3)
    assert first["conditions"] == {"working_ion": "Zn", "capacity_current_mA_g": 100.0}
    assert main(["predict", "--input", "rows.csv", "--output", "out.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "input": "rows.csv",
        "output": "out.csv",
        "rejects": None,
        "predicted": 2,
        "rejected": 0,
        "outside_domain": 0,
    }


def test_models_of_one_target_add_its_columns_only(folder: Path, fake_predictor) -> None:
    fake_predictor.targets = (Column.VOLTAGE,)
    assert main(["predict", "--input", "rows.csv", "--output", "out.csv"]) == 0
    assert rows_of(folder / "out.csv")[0][6:] == [*ADDED[3:6], *ADDED[-3:]]


def test_a_failing_write_leaves_the_old_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["predict", "--input", "rows.csv", "--output", "out.csv"]) == 0
    before = (folder / "out.csv").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert main(["predict", "--input", "rows.csv", "--output", "out.csv"]) == 1
    assert (folder / "out.csv").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["mixed.csv", "out.csv", "rows.csv"]


def test_cells_read_back_as_they_are() -> None:
    cells = ["plain", 'say "x"', "a,b", "two\nlines", "two\r\nlines", "lone\rreturn", "", " blank ", "□"]
    text = csv_text([str(i) for i in range(len(cells))], [cells, cells])
    assert list(csv.reader(io.StringIO(text, newline="")))[1:] == [cells, cells]


def test_the_data_set_itself_is_predicted_whole(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = resource_path("datasets", "hem_electrodes.csv")
    assert main(["predict", "--input", str(source), "--output", "out.csv"]) == 0
    assert "3,186 rows predicted" in capsys.readouterr().out
    before, after = rows_of(source), rows_of(folder / "out.csv")
    assert [row[: len(before[0])] for row in after] == before


def test_rows_without_ion_are_told(folder: Path, capsys: pytest.CaptureFixture[str], fake_predictor) -> None:
    fake_predictor.assumed = {"working_ion": "Zn"}
    assert main(["predict", "--input", "rows.csv", "--output", "out.csv"]) == 0
    assert capsys.readouterr().err == "warning: rows.csv, 2 rows without working_ion: Zn found or assumed\n"
