"""`hemml campaign status`: reads, tells, and writes nothing."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from made_up_campaign import TWO, begun, made_up, proposal

from hemml.active.store import CampaignStore, Measured
from hemml.cli import main

HEAVY = ("sklearn", "xgboost", "mlflow", "matplotlib", "skops")


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up(tmp_path_factory.mktemp("status") / "zn.campaign")


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["campaign", "status", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_it_shows_experiments_best_values_and_what_comes_next(campaign, capsys):
    text = told(capsys, campaign)
    lines = {line.split()[0]: line for line in text.splitlines() if line.strip()}
    assert lines["P001"].split()[1:4] == ["measured", "171", "(185"]  # as corrected
    assert "failed: second phase" in lines["P004"]
    assert lines["C001"].split()[-1] == "ZnMn2O4"
    assert "76.8! (72.5 ± 9.0)" in lines["P001"]
    assert "88.1* (72.5 ± 9.0)" in lines["P003"]
    assert "best capacity: 205 mAh/g, C001 ZnMn2O4" in text
    assert "limit retention_pct:at_least:80: met by 3, broken by 4" in text
    assert "predictions of capacity: 10 of 11 inside their 90 % interval (62 to 98 %)" in text
    assert f"hemml campaign observe {campaign} P017 capacity_mAh_g=VALUE" in text
    assert "pressed at 5 MPa" not in text


def test_events_are_listed_with_their_numbers(campaign, capsys):
    text = told(capsys, campaign, "--events")
    assert "no cobalt nitrate left" in text
    (correction,) = (line for line in text.splitlines() if " corrected " in line)
    assert correction.split()[0] == "44"
    assert "event 7: capacity_mAh_g 171; active mass was weighed again" in correction


def test_json_holds_everything_in_plain_values(campaign, capsys):
    values = json.loads(told(capsys, campaign, "--json", "--events"))
    assert values["name"] == "zn_spinel"
    assert values["objectives"] == list(TWO)
    by_id = {one["id"]: one for one in values["experiments"]}
    assert len(by_id) == 21
    assert by_id["P001"]["values"] == {"capacity_mAh_g": 171.0, "average_voltage_V": 1.24, "retention_pct": 76.8}
    assert by_id["P010"]["missing"] == ["retention_pct"]
    assert by_id["P004"]["failure"] == "second_phase"
    assert by_id["P004"]["notes"] == ["rocksalt NiO, 12 %"]
    assert by_id["P005"]["reason"] == "no cobalt nitrate left"
    assert by_id["P017"]["predicted"]["capacity_mAh_g"]["level"] == 0.9
    progress = values["progress"]
    assert progress["best"]["capacity_mAh_g"] == {"value": 205.0, "experiment": "C001"}
    assert 0 < progress["hypervolume"] <= 1
    assert {one["quantity"] for one in progress["coverage"]} == set(by_id["P017"]["predicted"])
    assert len(progress["points"]) == 12
    assert [one["number"] for one in progress["batches"]] == [1, 2, 3, 4]
    assert [one["sequence"] for one in values["events"]] == list(range(1, 45))
    assert values["events"][43]["content"]["values"] == {"capacity_mAh_g": 171.0}
    assert "events" not in json.loads(told(capsys, campaign, "--json"))


def waiting(store: CampaignStore) -> None:
    store.append_proposals(lambda _: [proposal("ZnMn2O4")])


def begun_to_measure(store: CampaignStore) -> None:
    waiting(store)
    store.append([Measured("P001", values={"capacity_mAh_g": 200, "average_voltage_V": 1.3})])


def measured(store: CampaignStore) -> None:
    begun_to_measure(store)
    store.append([Measured("P001", values={"retention_pct": 90})])


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        (lambda _: None, "next: hemml campaign propose"),
        (waiting, "1 of the experiments wait for a first result: hemml campaign observe"),
        (begun_to_measure, "still missing: P001 retention_pct; the next batch need not wait: hemml campaign propose"),
        (measured, "next: hemml campaign propose"),
    ],
)
def test_the_next_step_follows_from_the_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], happened: Callable[[CampaignStore], None], words: str
) -> None:
    with begun(tmp_path / "zn.campaign", *TWO) as store:
        happened(store)
    assert words in told(capsys, tmp_path / "zn.campaign")


def test_it_writes_nothing_and_works_while_another_process_writes(campaign, capsys):
    before, files = campaign.read_bytes(), sorted(campaign.parent.iterdir())
    told(capsys, campaign)
    assert campaign.read_bytes() == before
    assert sorted(campaign.parent.iterdir()) == files
    writer = sqlite3.connect(campaign, isolation_level=None)
    try:
        writer.execute("BEGIN IMMEDIATE")
        assert "P020" in told(capsys, campaign)
        writer.execute("ROLLBACK")
    finally:
        writer.close()


def test_no_model_and_nothing_to_draw_with_is_imported(campaign):
    code = (
        f"import sys; from hemml.cli import main; assert main(['campaign', 'status', {str(campaign)!r}]) == 0; "
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    packages = set(done.stderr.split())
    assert "hemml" in packages
    assert packages.isdisjoint(HEAVY)


def test_a_missing_or_foreign_file_is_an_error(tmp_path, capsys):
    assert main(["campaign", "status", str(tmp_path / "none.campaign")]) == 2
    assert "must be an existing file, got none; check the path" in capsys.readouterr().err
    text = tmp_path / "notes.txt"
    text.write_text("capacity 213")
    assert main(["campaign", "status", str(text)]) == 2
    assert "must be a campaign file, got another kind of file" in capsys.readouterr().err
