"""What the commands of a campaign answer to bad input: one message, exit code 2, and nothing is written."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from hemml.active.campaign import Campaign
from hemml.active.store import CampaignStore
from hemml.cli import main


@pytest.fixture
def bench(small_space: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """A folder with a campaign of one batch, an empty campaign, and things that are none."""
    monkeypatch.chdir(tmp_path)
    for name in ("zn", "empty"):
        assert main(["campaign", "new", "small.yaml", f"{name}.campaign", "--models", "none", "--no-log"]) == 0
    assert main(["campaign", "propose", "zn.campaign", "-n", "2", "--no-log"]) == 0
    Path("folder").mkdir()
    Path("text.campaign").write_text("no campaign", encoding="utf-8")
    Path("results.csv").write_text("id,capacity_mAh_g\nP001,100\n", encoding="utf-8")
    Path("c.csv").write_text("formula,working_ion,role\nZnMn2O4,Zn,cathode\nZnFe2O4,Zn,cathode\n", encoding="utf-8")
    capsys.readouterr()
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], line: str, message: str) -> None:
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert main(["campaign", *line.split(" ")]) == 2, line
    out, err = capsys.readouterr()
    assert re.search(message, err), (line, err)
    assert out == "", line
    assert "Traceback" not in err
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before, line


def test_new(bench, capsys):
    for line, message in {
        "new": "Missing argument 'SPACE'",
        "new none.yaml": "must be an existing file, found none; check the path",
        "new text.campaign": "must be a mapping of keys, got str",
        "new c.csv": "needs objectives, got none; give capacity_mAh_g:max",
        "new c.csv --objective capacity": r"must be QUANTITY:GOAL or .*got 'capacity'; write",
        "new c.csv --objective capacity_mAh_g:up": "goal must be one of max, min, .*got 'up'; choose one",
        "new c.csv --objective capacity:max": "unknown quantity of an objective 'capacity'; did you mean",
        "new c.csv --objective radius_mismatch_pct:min": "must be measured, got only some that formulas decide",
        "new small.yaml --level 90": "level: must be above 0 and below 1, got 90; 0.9 is usual",
        "new small.yaml --level nan": "level: must be above 0 and below 1, got nan",
        "new small.yaml --seed -1": "seed: must be 0 or more, got -1",
        "new small.yaml --candidates 0": "candidates: must be at least 1, got 0",
        "new small.yaml --candidates few": "Invalid value for '--candidates'",
        "new small.yaml --acquisition best": "unknown acquisition 'best'; known: auto, ei",
        "new small.yaml --acquisition ei": "must have one objective to improve on, got 2; use nehvi or auto",
        "new small.yaml --models nowhere": "must be shipped, none or a folder of bundles, got '.*nowhere' and no such",
        "new small.yaml zn.campaign": r"'zn\.campaign': must be a new file, got one that exists; choose another name",
        "new small.yaml folder": "'folder': must be a new file, got a folder; choose another name",
        "new small.yaml none/x.campaign": "must be in a folder that exists, got none at 'none'; make it first",
    }.items():
        refused(capsys, line, message)


def test_new_beside_the_log_of_a_campaign_that_was_deleted(bench, capsys):
    Path("gone.campaign-wal").write_bytes(b"results")
    refused(capsys, "new small.yaml gone.campaign", "log of an earlier campaign beside it, got 'gone.campaign-wal'")


def test_new_without_a_usable_bundle(bench, capsys):
    assert main(["campaign", "new", "small.yaml", "x.campaign", "--models", "folder"]) == 2
    assert "folder: must be a folder with a bundle a target" in capsys.readouterr().err
    assert not Path("x.campaign").exists()


def test_folders_that_cannot_be_written(bench, capsys, monkeypatch):
    monkeypatch.setattr("hemml.cli.campaign_files.os.access", lambda _, mode: not mode & os.W_OK)
    for line, message in {
        "new small.yaml folder/x.campaign": "must be in a folder that can be written; choose another folder",
        "propose zn.campaign -o folder": "--output 'folder': must be a folder that can be written",
        "export zn.campaign folder/x.csv": r"'folder/x\.csv': must be in a folder that can be written",
    }.items():
        refused(capsys, line, message)


@pytest.mark.parametrize("command", ["propose {}", "export {} x.csv", "observe {} P001 capacity_mAh_g=3"])
def test_files_that_are_no_campaign(bench, capsys, command):
    refused(capsys, command.format("none.campaign"), "must be an existing file, got none; check the path")
    refused(capsys, command.format("folder"), "'folder': must be a file, got a folder; give the file in it")
    refused(capsys, command.format("text.campaign"), "must be a campaign file, got another kind of file")


def test_propose(bench, capsys):
    Path("used").mkdir()
    Path("used/batch_2.csv").write_text("of another campaign", encoding="utf-8")
    for line, message in {
        "propose zn.campaign -n 0": "batch: must be from 1 to 1000, got 0",
        "propose zn.campaign -n -1": "batch: must be from 1 to 1000, got -1",
        "propose zn.campaign -n 1000000": "batch: must be from 1 to 1000, got 1000000",
        "propose zn.campaign -n x": "Invalid value for '--batch'",
        "propose zn.campaign --acquisition best": "unknown acquisition 'best'",
        "propose zn.campaign --acquisition ei": "must have one objective to improve on, got 2",
        "propose zn.campaign -o c.csv": r"--output 'c\.csv': must be a folder, got a file at",
        "propose zn.campaign -o c.csv/sub": "must be a folder, got a file at .*; choose another name",
        "propose zn.campaign -o used": r"--output 'used': must not hold batch_2\.csv, got one; choose another folder",
    }.items():
        refused(capsys, line, message)


def test_a_space_that_is_used_up(bench, capsys):
    assert main(["campaign", "propose", "empty.campaign", "-n", "35", "--no-log"]) == 0
    capsys.readouterr()
    refused(capsys, "propose empty.campaign", "one candidate must be left to propose, got none: all 35 that it weighs")


def test_files_that_fail_are_told_with_the_batch_that_is_kept(bench, capsys, monkeypatch):
    def write(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hemml.cli.campaign_files.write_proposals", write)
    assert main(["campaign", "propose", "zn.campaign", "-n", "1", "-o", "out", "--no-log"]) == 1
    message = (
        r"batch 2 \(P003\) is kept in zn\.campaign, but its files could not be written to out: No space left on device;"
        r" write them with hemml campaign export zn\.campaign FILE --batch 2"
    )
    assert re.search(message, capsys.readouterr().err)
    with Campaign.open("zn.campaign") as opened:
        assert len(opened.state().batches) == 2


def test_export(bench, capsys):
    campaign_as_csv = Path("mine.csv")
    campaign_as_csv.write_bytes(Path("zn.campaign").read_bytes())
    for line, message in {
        "export zn.campaign": "Missing argument 'FILE'",
        "export zn.campaign x.txt": r"'x\.txt': must end in \.csv, \.json, \.html, got '\.txt'; rename it",
        "export zn.campaign x": r"got no ending; rename it",
        "export zn.campaign folder": "must be a file, got a folder; add a file name",
        "export zn.campaign none/x.csv": "must be in a folder that exists, got none at 'none'; make it first",
        "export zn.campaign x.csv --batch 9": "unknown batch '9'; known: 1",
        "export zn.campaign x.csv --batch 0": "unknown batch '0'",
        "export zn.campaign x.csv --batch 1 --all": "--batch 1: must stand without --all, got both",
        "export zn.campaign results.csv": "does not hold exported proposals, so it is not replaced; choose",
        "export mine.csv mine.csv": "does not hold exported proposals, so it is not replaced",
        "export empty.campaign x.csv": "must have a batch to export, got none; propose one with hemml campaign propose",
    }.items():
        refused(capsys, line, message)


OBSERVED = {
    "": "nothing to record; write ID COLUMN=VALUE",
    "P001": "nothing to record; write ID COLUMN=VALUE",
    "P001 --note later": "nothing to record",
    "--formula ZnMn2O4": "nothing to record",
    "P001 capacity_mAh_g=abc": r"capacity_mAh_g = 'abc': must be 1 to 4500 mAh/g; write a number",
    "P001 capacity_mAh_g=nan": r"capacity_mAh_g = 'nan': must be a number",
    "P001 capacity_mAh_g=-4": "capacity_mAh_g = '-4': must be 1 to 4500 mAh/g",
    "P001 capacity_mAh_g=1e9": "must be 1 to 4500 mAh/g; check the value and its unit",
    "P001 capacity_mAh_g=": "must be COLUMN=VALUE, got 'capacity_mAh_g='",
    "P001 capacity=3": "unknown measured column or condition 'capacity'; did you mean 'capacity_mAh_g', in mAh/g",
    "P001 capacity_mAh_g=3 capacity_mAh_g=4": "must be given once, got '3' and '4'",
    "P001 P002 capacity_mAh_g=3": "must be COLUMN=VALUE, got 'P002'",
    "P001 retention_pct=90": "must have its cycle number; fill retention_cycles",
    "P099 capacity_mAh_g=3": "unknown experiment 'P099'; did you mean",
    "capacity_mAh_g=3": "must name an experiment or a formula, got neither; give its id",
    "--formula XxO capacity_mAh_g=3": "position 1: expected an element symbol",
    "P001 --formula ZnMn2O4 capacity_mAh_g=3": "P001: formula must be 'Zn.*got 'ZnMn2O4'; correct one of them",
    "P001 --failed burnt": "unknown kind of failure 'burnt'; known: second_phase, synthesis, test",
    "P001 --failed test --accept": "one thing at a time, got --failed and --accept; give them in two calls",
    "P001 --accept capacity_mAh_g=3": "--accept: must stand without values, got 'capacity_mAh_g=3'",
    "P001 --failed test capacity_mAh_g=3": "--failed: must stand without values",
    "--accept": "--accept: must name an experiment, got none; write its id",
    "--skip later": "--skip: must name an experiment, got none",
    "--failed synthesis": "must name an experiment or a formula, got neither",
    "P001 --accept --formula ZnMn2O4": "--formula 'ZnMn2O4': must stand with values or --failed, got --accept",
    "P001 --skip later --note soon": "--note 'soon': must stand without --skip; write it into the reason",
    "P001 capacity_mAh_g=3 --skip ": "must be followed by a reason|must stand without values",
    "P001 --skip ": "--skip: must be followed by a reason, got an empty text",
    "--withdraw wrong": "must name an experiment or the number of an event, got neither",
    "P001 --withdraw wrong --event 2": "got both; name one of them",
    "--event 2": "--event 2: must stand with --withdraw REASON",
    "--withdraw wrong --event 99": "event 99: must be one of the events 1 to 2, got another",
    "--correct 99 capacity_mAh_g=3": "event 99: must be one of the events 1 to 2, got another",
    "--correct 0 capacity_mAh_g=3": "event 0: must be one of the events 1 to 2, got another",
    "--correct 2 capacity_mAh_g=3": "only measured and failed can be corrected, got proposed",
    "P001 --correct 2 capacity_mAh_g=3": "--correct 2: must stand without an experiment, got P001",
    "--correct x": "Invalid value for '--correct'",
    "--table none.csv": r"'none\.csv': must be an existing CSV file, found none",
    "--table folder": "'folder': must be a CSV file, got a folder",
    "--table zn.campaign": "must be a text file, got one with zero bytes",
    "P001 --table results.csv": "--table: must stand alone",
    "--table results.csv --note x": "--table: must stand alone",
    "--table c.csv": "working_ion: unknown measured column|line 2: must hold at least one measured value",
}


def test_observe(bench, capsys):
    for words, message in OBSERVED.items():
        refused(capsys, f"observe zn.campaign{' ' * bool(words)}{words}", message)


def test_a_table_is_taken_whole_or_not_at_all(bench, capsys):
    rows = ["P001,100,", "P002,abc,", ",100,", "P002,,burnt", "P077,90,"]
    Path("bad.csv").write_text("\n".join(["id,capacity_mAh_g,failed", *rows, ""]), encoding="utf-8")
    refused(capsys, "observe zn.campaign --table bad.csv", r"(?s)3 errors.*line 3, .*'abc'.*line 4, id.*line 5, failed")
    rows = ["P001,100,", "P001,101,", "P077,90,"]
    Path("bad.csv").write_text("\n".join(["id,capacity_mAh_g,failed", *rows, ""]), encoding="utf-8")
    refused(capsys, "observe zn.campaign --table bad.csv", r"(?s)1 error in 1 row.*line 4: unknown experiment 'P077'")
    with CampaignStore.open("zn.campaign") as store:
        assert store.state().sequence == 2
