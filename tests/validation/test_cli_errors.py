"""What the command line answers to bad input: one message on stderr, exit code 2, no traceback, nothing on stdout."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from hemml.cli import main

pytestmark = pytest.mark.usefixtures("fake_predictor")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["describe", "Xx2O3"], r"position 1: expected an element symbol.*found 'Xx'\n  Xx2O3\n  \^\n"),
        (["describe", "NaxMnO2"], r"position 3: expected a number.*\n  NaxMnO2\n    \^\n"),
        (["describe", "Na("], r"expected an element symbol, found the end of the formula\n  Na\(\n     \^\n"),
        (["describe", ""], "found an empty text"),
        (["describe", "Na" * 5000], "expected at most 500 characters, found 10000 characters"),
        (["describe", "Mn\x07\x1b[31mO2"], r"found control character \(U\+0007\)\n  Mn\?\?\[31mO2\n    \^"),
        (["describe", "Na1e400O2"], "a plain decimal number without exponent"),
        (["describe", "MnO2", "--ion", "Zm"], "unknown working ion 'Zm'; did you mean 'Zn'"),
        (["describe", "MnO2", "--mobile", "Fe"], "unknown species for mobile 'Fe'; known: Mn, O"),
        (["describe", "HeO2"], "cations must have oxidation states, got none for He"),
        (["describe"], "Missing argument"),
        (["describe", "MnO2", "--jsn"], "No such option.*--jsn"),
        (["describ", "MnO2"], "No such command 'describ'"),
        (["predict"], "give one or more formulas, or --input FILE"),
        (["predict", "MnO2", "--input", "x.csv"], "either formulas or --input, got both"),
        (["predict", "MnO2", "--output", "x.csv"], "--output and --rejects belong to --input"),
        (["predict", "Xx2O3", "--ion", "Zn"], r"found 'Xx'\n  Xx2O3\n  \^"),
        (["predict", "Fe-2O3", "LiFePO4", "NaCl0", "--ion", "Na"], r"(?s)'Fe-2O3', position 3.*'NaCl0', position 5"),
        (["predict", "MnO2", "--ion", "zinc"], "--ion 'zinc': must be one of: Li.*write 'Zn'"),
        (["predict", "MnO2", "--ion", "Zn", "--role", "cathod"], "--role 'cathod': .*did you mean 'cathode'"),
        (["predict", "MnO2", "--ion", "Zn", "--family", "spinels"], "--family 'spinels': .*did you mean 'spinel'"),
        (["predict", "MnO2", "--ion", "Zn", "--current", "0.1 A/g"], "--current '0.1 A/g': .*write 100"),
        (["predict", "MnO2", "--ion", "Zn", "--current", "1C"], "is a C-rate.*put 1 into --c-rate instead"),
        (["predict", "MnO2", "--ion", "Zn", "--current", "-5"], "--current '-5': must be above 0"),
        (["predict", "MnO2", "--ion", "Zn", "--current", "5", "--c-rate", "1"], "both state the rate"),
        (["predict", "MnO2", "--ion", "Zn", "--window", "2", "1"], "--window LOW '2': must be below --window HIGH"),
        (["predict", "MnO2", "--ion", "Zn", "--window", "2"], "'--window' requires 2 arguments"),
        (["predict", "MnO2", "--ion", "Zn", "--cycles", "3.5"], "--cycles '3.5': must be a whole number"),
        (["predict", "MnO2", "--ion", "Zn", "--temperature", "298"], "looks like kelvin.*write 24.85"),
        (["predict", "MnO2", "--ion", "Zn", "--level", "90"], r"--level must be above 0.*write 0\.9 for 90 %"),
        (["predict", "MnO2", "--ion", "Zn", "--level", "nan"], "--level must be above 0 and below 1, got nan"),
        (["predict", "MnO2", "--ion", "Zn", "--level", "x"], "Invalid value for '--level'"),
        (["predict", "--input", "absent.csv"], r"'absent\.csv': must be an existing CSV file, found none"),
        (["predict", "HeO2", "--ion", "Zn"], "got none for He"),
    ],
)
def test_bad_input(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert re.search(message, err)
    assert out == ""
    assert "Traceback" not in err
    assert "\x1b" not in err


def test_several_wrong_options_are_told_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "MnO2", "--ion", "zinc", "--role", "cathod", "--cycles", "x"]) == 2
    err = capsys.readouterr().err
    assert [line.split()[0] for line in err.removeprefix("hemml: ").splitlines()] == ["--ion", "--role", "--cycles"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "got an empty file"),
        ("formula,working_ion\n", "must have at least one row below its header, got none"),
        ("material,working_ion\nMnO2,Zn\n", "column must be present"),
        ("formula,working_ion,capacity_mAh_g_lower\nMnO2,Zn,1\n", "must not have the columns that a prediction adds"),
        ("formula;working_ion\nMnO2;Zn\n", "separated by commas, got semicolons"),
    ],
)
def test_table_that_cannot_be_used(capsys: pytest.CaptureFixture[str], tmp_path, content: str, message: str) -> None:
    table, output, rejects = tmp_path / "rows.csv", tmp_path / "out.csv", tmp_path / "bad.csv"
    table.write_text(content)
    assert main(["predict", "--input", str(table), "--output", str(output), "--rejects", str(rejects)]) == 2
    assert re.search(message, capsys.readouterr().err)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.csv"]


def test_outputs_are_checked_before_the_work(
    capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch: pytest.MonkeyPatch, fake_predictor
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("formula,working_ion\nMnO2,Zn\n")
    (tmp_path / "notes.csv").write_text("formula,my_measurement\nMnO2,3\n")
    (tmp_path / "link.csv").symlink_to("rows.csv")
    (tmp_path / "folder").mkdir()
    for arguments, message in (
        (["--output", "rows.csv"], "--output must be another file than --input"),
        (["--output", "folder/../rows.csv"], "--output must be another file than --input"),
        (["--output", "link.csv"], "--output must be another file than --input"),
        (["--output", "a.csv", "--rejects", "a.csv"], "--rejects must be another file than --output"),
        (["--output", "absent/a.csv"], "must be in a folder that exists, got none at 'absent'"),
        (["--output", "folder"], "must be a file, got a folder"),
        (["--output", "a.xlsx"], r"must be a CSV file, got \.xlsx; name it 'a\.csv'"),
        (["--output", "notes.csv"], "exists and was not written by hemml predict, so it is not replaced"),
        (["--rejects", "notes.csv"], "exists and was not written by hemml predict, so it is not replaced"),
        (["--output", "/dev/null"], "must be an ordinary file"),
    ):
        assert main(["predict", "--input", "rows.csv", *arguments]) == 2
        assert re.search(message, capsys.readouterr().err), arguments
    assert fake_predictor.loaded == []
    assert (tmp_path / "notes.csv").read_text() == "formula,my_measurement\nMnO2,3\n"


def test_as_a_process_the_message_goes_to_stderr() -> None:
    command = [sys.executable, "-m", "hemml", "describe", "NaCl0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "hemml: formula 'NaCl0', position 5: expected an amount above 0 (leave out what is not there), "
        "found the amount '0'\n  NaCl0\n      ^\n"
    )
