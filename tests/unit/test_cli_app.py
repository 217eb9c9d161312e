import subprocess
import sys
from pathlib import Path

import pytest

from hemml import __version__, failures
from hemml.cli import main
from hemml.failures import caret


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for command in ("describe", "predict", "data", "ui"):
        assert f"\n  {command} " in text


@pytest.mark.parametrize("command", ["describe", "predict", "data"])
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert main([command, "-h"]) == 0
    assert f"Usage: hemml {command}" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"hemml {__version__}\n"


def test_data_commands_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "card"]) == 0
    assert capsys.readouterr().out.startswith("# hem_electrodes")


def test_module_can_be_run_and_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m hemml describe LiFePO4 --json | head -2"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == '{\n  "formula": "LiFePO4",\n'
    assert done.stderr == ""


def test_interruption_exits_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hemml.composition.Material.parse", interrupt)
    assert main(["describe", "LiFePO4"]) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("place", [0, 2])
def test_unforeseen_error_is_short_unless_debug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: int
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("hemml.composition.Material.parse", fail)
    assert main(["describe", "LiFePO4"]) == 1
    text = capsys.readouterr().err
    assert text.startswith("hemml: RuntimeError: boom\n")
    assert "--debug" in text
    assert "Traceback" not in text
    arguments = ["describe", "LiFePO4"]
    arguments.insert(place, "--debug")
    assert main(arguments) == 1
    assert "Traceback" in capsys.readouterr().err


def test_debug_behind_two_dashes_is_an_argument() -> None:
    arguments = ["describe", "--", "--debug"]
    assert not failures._take_debug(arguments)
    assert arguments == ["describe", "--", "--debug"]


def test_output_that_is_not_utf8_loses_nothing_but_the_sign() -> None:
    environment = {"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin"}
    command = [sys.executable, "-m", "hemml", "describe", "Na0.67Mn0.9□0.1O2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.startswith("Na0.67Mn0.9\\u25a10.1O2\n")


def test_full_disk_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "hemml", "--version"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("hemml: OSError: [Errno 28]")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("formula", "position", "expected"),
    [
        ("Xx2O3", 0, "  Xx2O3\n  ^"),
        ("Na(", 3, "  Na(\n     ^"),
        ("Mn\x07O2", 2, "  Mn?O2\n    ^"),
    ],
)
def test_caret(formula: str, position: int, expected: str) -> None:
    assert caret(formula, position) == expected


def test_caret_in_a_long_formula_shows_the_surroundings() -> None:
    first, second = caret("Na" * 50 + "?" + "Na" * 50, 100).splitlines()
    assert first[second.index("^")] == "?"
    assert len(first) < 85
