import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hemml.cli.data_commands import data_app
from hemml.errors import DataError

GOOD = "doi,formula,working_ion,role,capacity_mAh_g\n10.1000/a,LiFePO4,Li,cathode,160\n"
BAD = GOOD + "10.1000/b,LiFePO4,Li,cathode,87%\n,LiFePO4,Li,cathode,150\n10.1000/c,LiFePO4,Li,cathode,150,5\n"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(data_app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.csv"
    path.write_text(BAD)
    return path


def test_check_lists_every_problem_and_exits_with_2(bad: Path) -> None:
    code, output = run("check", bad)
    assert code == 2
    assert "3 errors, 0 warnings" in output
    assert "line 3, capacity_mAh_g = '87%': holds a percent sign" in output
    assert "line 4, doi: a source must be named" in output
    assert "line 5 = '10.1000/c,LiFePO4,Li,cathode,150,5': must have 5 cells as the header has, got 6" in output


def test_check_as_json(bad: Path) -> None:
    code, output = run("check", bad, "--json")
    report = json.loads(output)
    assert code == 2
    assert (report["usable"], report["errors"], report["warnings"]) == (False, 3, 0)
    assert report["problems"][0] == {
        "row": 3,
        "column": "capacity_mAh_g",
        "value": "87%",
        "reason": "holds a percent sign, must be 1 to 4500 mAh/g",
        "remedy": "write a bare number in the column's unit",
        "severity": "error",
    }


def test_check_of_a_good_table(tmp_path: Path) -> None:
    path = tmp_path / "good.csv"
    path.write_text(GOOD)
    assert run("check", path) == (0, f"{path}: 1 row, 0 errors, 0 warnings\nUsable.\n")


def test_check_of_the_shipped_table_is_usable() -> None:
    from hemml.data import resource_path

    code, output = run("check", resource_path("datasets", "hem_electrodes.csv"), "--json")
    assert code == 0
    assert json.loads(output)["usable"]


def test_check_of_what_is_no_table_raises_for_the_main_command(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found none"):
        run("check", tmp_path / "absent.csv")


def test_terminal_gets_a_table(bad: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    from hemml.cli import data_commands

    console = Console(force_terminal=True, width=160, color_system=None, record=True)
    monkeypatch.setattr(data_commands, "console", lambda: console)
    run("check", bad)
    shown = console.export_text()
    assert "what to do" in shown
    assert "87%" in shown
    assert "[" not in shown  # values are shown as they are, not as markup


def test_card_as_text_and_json() -> None:
    code, text = run("card")
    assert code == 0
    assert text.startswith("# hem_electrodes\n")
    assert json.loads(run("card", "--json")[1])["rows"] == 3186


def test_add_reports_what_it_did(tmp_path: Path) -> None:
    new, table = tmp_path / "new.csv", tmp_path / "table.csv"
    new.write_text(GOOD)
    assert run("add", new, "--to", table)[1] == f"{table}: 1 row added, 0 already there\n"
    report = json.loads(run("add", new, "--to", table, "--json")[1])
    assert report["added"] == []
    assert report["repeated"] == [{"row": 2, "table_row": 2}]


def test_add_needs_a_table_to_add_to(tmp_path: Path) -> None:
    result = CliRunner().invoke(data_app, ["add", str(tmp_path / "new.csv")])
    assert result.exit_code == 2
    assert "--to" in result.stderr


def test_commands_load_nothing_heavy_before_they_run() -> None:
    code = (
        "import sys, hemml.cli.data_commands;"
        "print([m for m in ('pandas', 'sklearn', 'mlflow', 'matminer', 'pymatgen', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_data_package_loads_no_pandas_on_import() -> None:
    code = "import sys, hemml.data, hemml.data.card, hemml.data.merge; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
