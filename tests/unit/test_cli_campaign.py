"""The commands of a campaign, from the first count to the export of a batch."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from hemml.active.campaign import Campaign
from hemml.active.export import read_json
from hemml.active.store import CampaignStore, Status
from hemml.cli import main
from hemml.errors import HemmlError


@pytest.fixture
def campaign(small_space: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    path = tmp_path / "zn.campaign"
    assert main(["campaign", "new", str(small_space), str(path), "--models", "none", "--no-log"]) == 0
    capsys.readouterr()
    return str(path)


@pytest.fixture
def batch(campaign: str, capsys: pytest.CaptureFixture[str]) -> str:
    """A campaign with a batch of three."""
    assert main(["campaign", "propose", campaign, "-n", "3", "--no-log"]) == 0
    capsys.readouterr()
    return campaign


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that must succeed prints; stderr must stay empty."""
    assert main(["campaign", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def observed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    return json.loads(said(capsys, "observe", *arguments, "--no-log", "--json"))


def experiment(campaign: str, identifier: str):
    with CampaignStore.open(campaign) as store:
        return store.state().experiments[identifier]


def test_counting_makes_no_file(small_space, tmp_path, capsys):
    out = said(capsys, "new", str(small_space))
    assert "candidates: 41" in out
    assert out.splitlines()[-1] == "objectives: capacity_mAh_g:max, average_voltage_V:max"
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]
    told = json.loads(said(capsys, "new", str(small_space), "--json"))
    assert (told["total"], told["exact"], told["campaign"]) == (41, True, None)
    assert [one["so_far"]["value"] for one in told["steps"]] == [41, 35]
    assert told["survivors"] == {"value": 35, "low": 35, "high": 35}


def test_new_freezes_settings(small_space, tmp_path, capsys):
    path = tmp_path / "one.campaign"
    options = ["--acquisition", "ucb", "--candidates", "20", "--seed", "7", "--level", "0.8", "--name", "Zinc one"]
    goals = ["--objective", "retention_pct:at_least:80", "--objective", "capacity_mAh_g:max"]
    out = said(capsys, "new", str(small_space), str(path), *goals, *options, "--models", "none", "--no-log", "--json")
    told = json.loads(out)
    assert told["name"] == "Zinc one"
    assert told["campaign"] == str(path)
    assert told["objectives"] == ["retention_pct:at_least:80", "capacity_mAh_g:max"]
    with Campaign.open(path) as made:
        assert made.settings.acquisition.name == "ucb"
        assert (made.settings.candidates, made.settings.seed, made.settings.level) == (20, 7, 0.8)
        assert made.state().wanted == ("capacity_mAh_g", "retention_pct")


def test_a_folder_of_models_is_kept_as_it_is_found_from_anywhere(small_space, tmp_path, monkeypatch):
    asked = []
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bundles").mkdir()
    monkeypatch.setattr("hemml.active.campaign.StartingModels.load", lambda models: asked.append(models) or 1 / 0)
    main(["campaign", "new", str(small_space), "x.campaign", "--models", "bundles", "--no-log"])
    assert asked == [str(tmp_path / "bundles")]


def test_a_table_of_candidates_is_a_space(tmp_path, capsys):
    table, path = tmp_path / "mine.csv", tmp_path / "mine.campaign"
    table.write_text("formula,working_ion,role\nZnMn2O4,Zn,cathode\nZn(Mn0.5Co0.5)2O4,Zn,cathode\n", encoding="utf-8")
    said(capsys, "new", str(table), str(path), "--objective", "capacity_mAh_g:max", "--models", "none", "--no-log")
    told = json.loads(said(capsys, "propose", str(path), "--no-log", "--json"))
    assert {one["formula"] for one in told["proposals"]} == {"ZnMn2O4", "Zn(Mn0.5Co0.5)2O4"}
    assert told["note"].endswith("only 2 of 5 asked for could be chosen")


def test_a_proposal_is_printed_and_written(campaign, tmp_path, capsys):
    folder = tmp_path / "new" / "folder"
    told = json.loads(said(capsys, "propose", campaign, "-n", "2", "-o", str(folder), "--no-log", "--json"))
    assert set(told) == {"campaign", "batch", "model", "note", "proposals", "files"}
    assert told["batch"] == 1
    assert told["files"] == [str(folder / f"batch_1{suffix}") for suffix in (".csv", ".json", ".html")]
    assert [one["id"] for one in told["proposals"]] == ["P001", "P002"]
    written = read_json(folder / "batch_1.json")
    assert [one.formula for one in written] == [one["formula"] for one in told["proposals"]]
    with (folder / "batch_1.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["id"] for row in csv.DictReader(stream)] == ["P001", "P002"]
    assert "P002" in (folder / "batch_1.html").read_text(encoding="utf-8")
    out = said(capsys, "propose", campaign, "-n", "1", "--acquisition", "exploration", "--no-log")
    assert out.startswith("P003  Zn(")
    assert "\nmodel: " in out


def test_nothing_is_said_of_what_was_never_measured(batch, capsys):
    observed(capsys, batch, "P001", "capacity_mAh_g=140")
    observed(capsys, batch, "P002", "capacity_mAh_g=170")
    (first,) = json.loads(said(capsys, "propose", batch, "-n", "1", "--no-log", "--json"))["proposals"]
    assert set(first["predicted"]) == {"capacity_mAh_g"}
    assert 100 < first["predicted"]["capacity_mAh_g"]["value"] < 210
    with Campaign.open(batch) as opened:
        start = opened.proposals(opened.state(), 1)
    assert all(not one.predicted and one.why.startswith("least known") for one in start)


def test_limits_and_descriptors_without_a_model(small_space, tmp_path, capsys):
    path = str(tmp_path / "three.campaign")
    goals = ["energy_density_Wh_kg:max", "cost_usd_per_kg:min", "retention_pct:at_least:80"]
    options = [word for goal in goals for word in ("--objective", goal)]
    said(capsys, "new", str(small_space), path, *options, "--models", "none", "--no-log")
    first = json.loads(said(capsys, "propose", path, "-n", "2", "--no-log", "--json"))["proposals"]
    assert all(not one["predicted"] and set(one["probabilities"]) == {"single_phase"} for one in first)
    parts = ["capacity_mAh_g=150", "average_voltage_V=1.3", "retention_cycles=100"]
    observed(capsys, path, "P001", "retention_pct=85", *parts)
    observed(capsys, path, "P002", "retention_pct=70", *parts)
    second = json.loads(said(capsys, "propose", path, "-n", "2", "--no-log", "--json"))["proposals"]
    for one in second:
        assert set(one["predicted"]) == {"energy_density_Wh_kg", "retention_pct"}
        assert one["predicted"]["energy_density_Wh_kg"]["unit"] == "Wh/kg"
        assert 70 < one["predicted"]["retention_pct"]["value"] < 85
        assert 0 < one["probabilities"]["limits_met"] < 1


def test_a_changed_model_is_told(batch, capsys, monkeypatch):
    monkeypatch.setattr(Campaign, "changed_models", ("single_phase",))
    assert main(["campaign", "propose", batch, "-n", "1", "--no-log"]) == 0
    err = capsys.readouterr().err
    assert err == "warning: the model single_phase is not the one that the campaign began with\n"


def test_results_bit_by_bit(batch, capsys):
    first = observed(capsys, batch, "P001", "capacity_mAh_g=213", "capacity_c_rate=0.2", "--note", "cell A")
    (event,) = first["events"]
    assert first["campaign"] == batch
    assert (event["sequence"], event["kind"], event["experiment"]) == (3, "measured", "P001")
    assert event["values"] == {"capacity_mAh_g": 213.0}
    assert event["conditions"] == {"capacity_c_rate": 0.2}
    assert event["note"] == "cell A"
    assert experiment(batch, "P001").status is Status.PARTLY_MEASURED
    out = said(capsys, "observe", batch, "P001", "average_voltage_V=1.31", "--no-log")
    assert out == "event 4: measured P001: average_voltage_V 1.31 (measured)\n"


def test_a_cell_outside_the_proposals(batch, capsys):
    (event,) = observed(capsys, batch, "--formula", "ZnMn2O4", "capacity_mAh_g=120")["events"]
    assert event["experiment"] == "C001"
    (event,) = observed(capsys, batch, "--formula", "ZnFe2O4", "--failed", "synthesis", "--note", "hematite")["events"]
    assert (event["experiment"], event["failure"], event["note"]) == ("C002", "synthesis", "hematite")


def test_decisions_failures_and_second_thoughts(batch, capsys):
    observed(capsys, batch, "P001", "--accept", "--note", "tomorrow")
    observed(capsys, batch, "P002", "--skip", "no nickel")
    assert experiment(batch, "P001").status is Status.ACCEPTED
    assert experiment(batch, "P002").status is Status.SKIPPED
    (failed,) = observed(capsys, batch, "P003", "--failed", "synthesis")["events"]
    (event,) = observed(capsys, batch, "--correct", str(failed["sequence"]), "--failed", "second_phase")["events"]
    assert event["failure"] == "second_phase"
    assert [one.failure for one in experiment(batch, "P003").failures] == ["second_phase"]
    (one,) = observed(capsys, batch, "P001", "capacity_mAh_g=99")["events"]
    observed(capsys, batch, "--correct", str(one["sequence"]), "capacity_mAh_g=199", "--note", "typed wrong")
    assert experiment(batch, "P001").values["capacity_mAh_g"].mean == 199
    observed(capsys, batch, "--withdraw", "leaky cell", "--event", str(one["sequence"]))
    assert not experiment(batch, "P001").values
    observed(capsys, batch, "P003", "--withdraw", "mixed up")
    assert experiment(batch, "P003").status is Status.WITHDRAWN


def test_a_table_of_results(batch, tmp_path, capsys):
    table = tmp_path / "results.csv"
    table.write_text(
        "id,formula,capacity_mAh_g,average_voltage_V,failed\n"
        "P001,,150,1.2,\nP001,,154,,\nP002,,,,second_phase\n,ZnMn2O4,101,,\n",
        encoding="utf-8",
    )
    events = observed(capsys, batch, "--table", str(table))["events"]
    assert [(one["kind"], one["experiment"]) for one in events] == [
        ("measured", "P001"), ("measured", "P001"), ("failed", "P002"), ("measured", "C001"),
    ]  # fmt: skip
    assert experiment(batch, "P001").values["capacity_mAh_g"].mean == 152


def test_export_in_three_forms(batch, tmp_path, capsys):
    said(capsys, "propose", batch, "-n", "2", "--no-log")
    newest, all_of_them, first = tmp_path / "a.csv", tmp_path / "b.json", tmp_path / "c.HTML"
    assert said(capsys, "export", batch, str(newest)) == f"2 proposals written to {newest}\n"
    said(capsys, "export", batch, str(all_of_them), "--all")
    told = json.loads(said(capsys, "export", batch, str(first), "--batch", "1", "--json"))
    assert told == {"campaign": batch, "file": str(first), "batch": 1, "proposals": 3}
    assert newest.read_text(encoding="utf-8").splitlines()[1].startswith("P004,")
    assert [one.id for one in read_json(all_of_them)] == ["P001", "P002", "P003", "P004", "P005"]
    assert "P003" in first.read_text(encoding="utf-8")
    for path in (newest, all_of_them, first):  # an export may be made anew
        said(capsys, "export", batch, str(path), "--batch", "1")


def test_every_step_is_logged_with_its_files(small_space, tmp_path, capsys, monkeypatch):
    logged = []

    def log_step(campaign, step, **about):
        logged.append((campaign, step, about, [path.name for path in about["artifacts"] if path.is_file()]))
        return "run"

    monkeypatch.setattr("hemml.tracking.campaign_runs.log_step", log_step)
    path = str(tmp_path / "zn.campaign")
    said(capsys, "new", str(small_space), path, "--models", "none")
    said(capsys, "propose", path, "-n", "2")
    said(capsys, "observe", path, "P001", "capacity_mAh_g=150", "average_voltage_V=1.2")
    assert [(name, step) for name, step, _, _ in logged] == [("zn", "new"), ("zn", "propose"), ("zn", "observe")]
    new, propose, observe = (about for _, _, about, _ in logged)
    assert logged[1][3] == ["batch_1.csv", "batch_1.json", "batch_1.html"]
    assert new["parameters_of_step"]["survivors"] == 35
    assert new["parameters_of_step"]["settings"]["models"] == "none"
    assert [one["sequence"] for one in (new, propose, observe)] == [1, 2, 3]
    assert propose["metrics"]["proposals"] == 2
    assert propose["metrics"]["experiments_pending"] == 2
    assert observe["metrics"]["best_capacity_mAh_g"] == 150
    assert observe["metrics"]["experiments_complete"] == 1
    assert "- P001 Zn(" in propose["note"]
    assert observe["note"].startswith("- event 3: measured P001: capacity_mAh_g 150")
    assert len({one["tags"]["hemml.space_sha256"] for one in (new, propose, observe)}) == 1


def test_a_store_out_of_reach_costs_nothing_but_a_warning(batch, capsys, monkeypatch):
    def log_step(*_, **__):
        raise HemmlError("tracking store http://gone: must be reachable")

    monkeypatch.setattr("hemml.tracking.campaign_runs.log_step", log_step)
    assert main(["campaign", "observe", batch, "P001", "capacity_mAh_g=150", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["events"][0]["sequence"] == 3
    assert err.startswith(f"warning: the step is kept in {batch}, but not in MLflow: tracking store http://gone")
    assert experiment(batch, "P001").values["capacity_mAh_g"].mean == 150


def test_results_are_told_before_they_are_logged(batch, capsys, monkeypatch):
    def log_step(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("hemml.tracking.campaign_runs.log_step", log_step)
    assert main(["campaign", "observe", batch, "P001", "capacity_mAh_g=150"]) == 130
    assert capsys.readouterr().out.startswith("event 3: measured P001")
    assert main(["campaign", "propose", batch, "-n", "1"]) == 130
    assert capsys.readouterr().out.startswith("P004")
