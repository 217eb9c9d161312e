"""What `hemml screen` answers to bad input: one message, exit code 2, before any long work, and nothing is written."""

from __future__ import annotations

import errno
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from screenings import EXAMPLES, SPINELS, TESTS, load_once, shipped

from hemml.cli import main
from hemml.cli.space_choice import space_file
from hemml.columns import Column
from hemml.errors import ConfigError, InputError, UnknownNameError
from hemml.screening import Screener, Settings, screen
from hemml.screening.output import PROVENANCE, check_output, write_parquet

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with spaces, and a screening that may predict nothing."""
    monkeypatch.chdir(tmp_path)
    load_once(monkeypatch)

    def looked(*_):
        raise AssertionError("candidates were predicted before the input was refused")

    monkeypatch.setattr(Screener, "predicted", looked)
    spaces = {
        "good": SPINELS,
        "none": SPINELS.replace(">= 1.0", ">= 3.0"),
        "together": SPINELS.replace("S_config_cation_R >= 1.0", "S_config_cation_R >= 1.2, jahn_teller_fraction > 0.9"),
        "bounds": SPINELS.replace("{max: 0.4}", "{min: 0.4}"),
        "crossed": SPINELS.replace("{min: 0.2, max: 0.6}", "{min: 0.6, max: 0.2}"),
        "step": SPINELS.replace("step: 0.1", "step: 0.3"),
        "feature": SPINELS.replace("S_config_cation_R", "S_config_cations_R"),
        "element": SPINELS.replace("S_config_cation_R >= 1.0", "cation_fraction_Cr <= 0.1"),
        "goal": SPINELS.replace("capacity_mAh_g:max", "capacity:max"),
        "silent": SPINELS.replace(TESTS, "{}"),
        "cycles": SPINELS.replace("retention_cycles: 500,", ""),
        "window": SPINELS.replace("voltage_min_V: 0.8", "voltage_min_V: 3.8"),
        "text": "just text",
    }
    for name, text in spaces.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    Path("mine.csv").write_text(
        "formula,working_ion,role,capacity_c_rate,retention_c_rate,retention_cycles\n"
        "ZnMn2O4,Zn,cathode,1,1,100\nZnFe2O4,Zn,cathode,,1,100\n",
        encoding="utf-8",
    )
    Path("folder").mkdir()
    Path("folder.parquet").mkdir()
    Path("foreign.parquet").write_text("a,b\n1,2\n", encoding="utf-8")
    write_parquet(Path("other.parquet"), __import__("pandas").DataFrame({"a": [1]}), {})
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], line: str, message: str) -> None:
    before = {path: path.is_file() and path.read_bytes() for path in Path().rglob("*")}
    assert main(["screen", *shlex.split(line)]) == 2, line
    out, err = capsys.readouterr()
    assert re.search(message, err), (line, err)
    assert out == "", line
    assert "Traceback" not in err
    assert "did not foresee" not in err
    assert {path: path.is_file() and path.read_bytes() for path in Path().rglob("*")} == before, line


SPACES = {
    "none.yaml": r"none\.yaml: at least one of its [\d,]+ candidates must meet all constraints, got none: none meets "
    r"'S_config_cation_R >= 3\.0'; relax it or widen the bounds",
    "together.yaml": "got none: (none meets )?'jahn_teller_fraction > 0.9'",
    "bounds.yaml": "the least fractions must not add up to more than 1, got 1.8; lower min",
    "crossed.yaml": r"Mn\.min must not be above its max, got 0\.6 and 0\.2; swap or correct them",
    "step.yaml": "step must divide 1 into at least two whole steps, got 0.3",
    "feature.yaml": "unknown .*'S_config_cations_R'.*; did you mean .*'S_config_cation_R'",
    "element.yaml": "unknown element of cation_fraction_Cr in 'cation_fraction_Cr <= 0.1' 'Cr'; ",
    "goal.yaml": "unknown quantity of an objective 'capacity'; did you mean",
    "window.yaml": "must be below voltage_max_V, which is 2.4; swap or correct the limits",
    "text.yaml": "must be a mapping of keys, got str",
    "folder": "must be a YAML or CSV file, got a folder",
    "nowhere.yaml": "must be an existing file, found none; check the path",
    "folder/zn_spinel_cathode": "must be an existing file, found none; check the path",
    "zn_spinell_cathode": "unknown file or design space 'zn_spinell_cathode'; did you mean 'zn_spinel_cathode'",
    "zn_spinell_cathode.yaml": "unknown file or design space 'zn_spinell_cathode.yaml'; did you mean 'zn_spinel_cat",
    "qqq": f"unknown file or design space 'qqq'; known: {', '.join(EXAMPLES)}",
    "mine.csv": "needs objectives, got none",
}
OPTIONS = {
    "--top 0": "--top must be at least 1, got 0",
    "--top -3": "--top must be at least 1, got -3",
    "--top many": "Invalid value for '--top'",
    "--limit 0": "--limit must be at least 1, got 0; leave it out for the whole space",
    "--level 0": "--level must be between 0 and 1, got 0",
    "--level 1": "--level must be between 0 and 1, got 1",
    "--level 90": "--level must be between 0 and 1, got 90",
    "--level nan": "--level must be between 0 and 1, got nan",
    "--level 0.9999": r"level 0\.9999 needs at least \d+ calibration rows",
    "--apart 1": "--apart must be a share of atoms from 0 to below 1, got 1; write 0.1",
    "--apart -0.1": "--apart must be a share of atoms",
    "--apart nan": "--apart must be a share of atoms from 0 to below 1, got nan",
    "--by capacity": "unknown quantity to rank by 'capacity'; did you mean .*'capacity_mAh_g'",
    "--by capacity_mAh_g:up": "goal must be one of max, min, target, .*got 'up'",
    "--by capacity_mAh_g:target": "goal target needs a finite value",
    "--by capacity_mAh_g:target:x": "the value must be a number, got 'x'",
    "--by capacity_mAh_g:at_least:100": "--by must name a quantity to raise, lower or bring near .*got a limit",
    "--by charge_balanced": "unknown quantity to rank by 'charge_balanced'",
    "--by capacity_mAh_g:": "objective must be QUANTITY:GOAL or",
    "--acquisition ucb": "unknown acquisition 'ucb'; (did you mean|known: )",
    "--acquisition probability": "--acquisition probability needs --best, the value to beat, got None",
    "--acquisition improvement --best nan": "needs --best, the value to beat, got nan",
    "--best 100": "--best is for --acquisition probability or improvement, got it with value; leave it out",
    "--by cost_usd_per_kg:min --acquisition lower": "needs a quantity with an interval to raise or lower",
    "--by energy_density_Wh_kg --acquisition upper": "needs a quantity with an interval to raise or lower",
    "--by capacity_mAh_g:target:100 --acquisition lower": "needs a quantity with an interval to raise or lower",
    "--threads 0": "--threads must be at least 1, got 0",
    "--workers 0": "--workers must be at least 1, got 0",
    "--workers -1": "--workers must be at least 1, got -1",
    "--workers 2 --threads 2": "give one of --threads, --workers and --scheduler, got --threads and --workers",
    "--workers 2 --scheduler tcp://h:1": "got --workers and --scheduler",
    "--search some": "unknown search 'some'; known: all, evolve",
    "--search evolve --workers 2": "--search evolve runs .*, got --workers; leave it out",
    "--evaluations 1000": "--evaluations and --seed are for --search evolve",
    "--search evolve --evaluations 0": "--evaluations must be at least 1, got 0",
    "--resume": "--resume needs the --output of the screening that was interrupted; name it",
    "--resume --output new.parquet": r"checkpoint new\.parquet\.checkpoint: there is none to go on from; leave out",
    "--models folder/none": "models folder/none: must be a folder with a bundle a target",
    "--models folder": r"models folder: must be a folder with a bundle a target .*, got none",
}
OUTPUTS = {
    "nowhere/o.parquet": r"--output nowhere/o\.parquet: its folder must be writable, got: .*No such file",
    "o.csv": r"--output must end in \.parquet, got 'o\.csv'; rename it",
    "o": r"--output must end in \.parquet, got 'o'",
    "folder": r"--output must end in \.parquet, got 'folder'",
    "folder.parquet": r"--output must be a file, got the folder 'folder\.parquet'; name a file in it",
    "foreign.parquet": "must be a new file or one that hemml screen wrote, got another file; choose another name",
    "good.yaml/o.parquet": "its folder must be writable, got: .*Not a directory",
    "/proc/o.parquet": r"--output /proc/o\.parquet: its folder must be writable, got: ",
    f"{'o' * 300}.parquet": "its folder must be writable, got: .*File name too long",
    f"{'o' * 225}.parquet": "its folder must be writable, got: .*File name too long",  # of the checkpoint
}


def test_spaces(bench, capsys):
    for space, message in SPACES.items():
        refused(capsys, f"{space} --output o.parquet", message)


def test_options(bench, capsys):
    for line, message in OPTIONS.items():
        refused(capsys, f"good.yaml {line}", message)


def test_outputs(bench, capsys):
    for path, message in OUTPUTS.items():
        refused(capsys, f"good.yaml --output {path}", message)


def test_another_table_is_not_replaced(bench, capsys):
    import pyarrow as pa
    import pyarrow.parquet as pq

    check_output(Path("other.parquet"))  # of hemml: may be replaced
    pq.write_table(pa.table({"a": [1]}), "table.parquet")
    refused(capsys, "good.yaml --output table.parquet", "must be a new file or one that hemml screen wrote")
    assert PROVENANCE.encode() in pq.read_schema("other.parquet").metadata


@pytest.mark.skipif(ROOT or sys.platform == "win32", reason="the super-user may write everywhere")
def test_a_folder_that_may_not_be_written(bench, capsys):
    Path("folder").chmod(0o500)
    refused(capsys, "good.yaml --output folder/o.parquet", "its folder must be writable, got: .*Permission denied")


CONDITIONS = {
    "silent.yaml": r"silent\.yaml: the bundle of capacity_mAh_g needs capacity_(c_rate|current_mA_g), got none under "
    r"conditions; write it there, or pass --assume to take what is typical of such cells \([\d.]+\)",
    "cycles.yaml": r"the bundle of retention_pct needs retention_cycles, got none under conditions; .*--assume",
}


def test_a_condition_that_a_bundle_needs(bench, capsys, monkeypatch):
    for space, message in CONDITIONS.items():
        refused(capsys, f"{space} --output o.parquet", message)
    monkeypatch.undo()
    load_once(monkeypatch)
    os.chdir(bench)
    assert main(["screen", "cycles.yaml", "--assume", "--top", "2"]) == 0
    assert "assumed: retention_cycles = " in capsys.readouterr().err


def test_a_condition_that_one_row_of_a_table_lacks(bench):
    with pytest.raises(ConfigError, match="the bundle of capacity_mAh_g needs capacity_c_rate, got none"):
        screen(Path("mine.csv"), shipped(), objectives=["capacity_mAh_g:max"])
    Path("mine.csv").write_text(Path("mine.csv").read_text().replace("cathode,,1", "cathode,2,1"))
    screen(Path("mine.csv"), shipped(), objectives=["capacity_mAh_g:max"])


def test_from_python_what_is_wrong_is_said_at_once(bench):
    cases = {
        "--limit must be at least 1": {"limit": 0},
        "--level must be between 0 and 1": {"level": 1.5},
        "unknown quantity of an objective": {"objectives": ["capacity:max"]},
        "QUANTITY:GOAL": {"objectives": ["capacity_mAh_g"]},
    }
    for message, wrong in cases.items():
        with pytest.raises(InputError, match=message):
            screen("good.yaml", shipped(), **wrong)
    with pytest.raises(InputError, match="must be an existing file"):
        screen("nowhere.yaml", shipped())
    assert Settings.from_json(Settings(top=3, by="x").to_json()) == Settings(top=3, by="x")


def test_names_of_spaces(bench):
    for name in EXAMPLES:
        for given in (name, f"{name}.yaml"):
            assert space_file(Path(given)).is_file()
    assert space_file(Path("good.yaml")) == Path("good.yaml")
    Path("na_polyanion").write_text("mine", encoding="utf-8")
    assert space_file(Path("na_polyanion")) == Path("na_polyanion")  # a file of that name comes first
    assert space_file(Path("folder/na_vanadate")) == Path("folder/na_vanadate")
    assert space_file(Path("zn_vanadate.csv")) == Path("zn_vanadate.csv")
    with pytest.raises(UnknownNameError, match="did you mean 'zn_vanadate'"):
        space_file(Path("zn_vanadat"))


def test_the_disk_is_full_at_once(bench, capsys, monkeypatch):
    import tempfile

    class Full:
        def __init__(self, **_):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", Full)
    refused(capsys, "good.yaml --output o.parquet", r"o\.parquet: its folder must be writable, got: .*No space left")


@pytest.fixture
def predicting(bench: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same folder, and a screening that predicts."""
    monkeypatch.undo()
    monkeypatch.chdir(bench)
    load_once(monkeypatch)
    return bench


def test_the_disk_is_full_at_the_end(predicting, capsys, monkeypatch):
    sync, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 2:  # a file and its folder: the checkpoint
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    assert main(["screen", "good.yaml", "--top", "5", "--output", "o.parquet"]) == 2
    err = capsys.readouterr().err
    assert re.search(r"--output o\.parquet: must be writable, got: .*No space left.*; free space or choose", err)
    assert "then go on with --resume" in err
    assert sorted(path.name for path in Path().glob("*o.parquet*")) == ["o.parquet.checkpoint"]
    monkeypatch.setattr(os, "fsync", sync)
    assert main(["screen", "good.yaml", "--top", "5", "--output", "o.parquet", "--resume"]) == 0
    assert sorted(path.name for path in Path().glob("*o.parquet*")) == ["o.parquet"]


def test_a_small_disk(predicting, capsys):
    """A real file system with room for no more than the first write."""
    disk = predicting / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
    ) if ROOT and sys.platform == "linux" else None  # fmt: skip
    if mounted is None or mounted.returncode:
        pytest.skip("mounting a small file system needs the super-user")
    try:
        whole = ["screen", "good.yaml", "--pareto", "--output", "disk/o.parquet"]
        assert main(whole) == 2
        assert re.search(r"o\.parquet\S*: must be writable, got: .*No space left.*--resume", capsys.readouterr().err)
        assert not (disk / "o.parquet").exists()
        assert not list(disk.glob(".*"))
        for left in disk.glob("*.checkpoint"):
            left.unlink()
        (disk / "filler").write_bytes(np.random.default_rng(0).bytes(65_000))
        assert main([*whole, "--top", "1"]) == 2
        assert "disk/o.parquet: its folder must be writable, got: " in capsys.readouterr().err
        assert [path.name for path in disk.iterdir()] == ["filler"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_nothing_keeps_the_limits(predicting, capsys):
    Path("high.yaml").write_text(
        SPINELS.replace('"average_voltage_V:max"', '"average_voltage_V:at_least:9"'), encoding="utf-8"
    )
    assert main(["screen", "high.yaml", "--output", "o.parquet"]) == 0
    assert "No candidate keeps the limits on predictions; relax them in the space." in capsys.readouterr().out
    import pyarrow.parquet as pq

    table = pq.read_table("o.parquet")
    assert table.num_rows == 0
    assert f"{Column.CAPACITY}_lower" in table.column_names
