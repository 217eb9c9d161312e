"""Real `hemml campaign propose` processes: two at once, and some that are killed."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hemml.active.campaign import Campaign
from hemml.active.export import read_json
from hemml.active.store import CampaignStore
from hemml.cli import main

SIZE = 3
COMMAND = "import sys; from hemml.cli import main; sys.exit(main(sys.argv[1:]))"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL and SIGINT")


@pytest.fixture
def path(small_space: Path, tmp_path: Path) -> Path:
    made = tmp_path / "zn.campaign"
    assert main(["campaign", "new", str(small_space), str(made), "--models", "none", "--no-log"]) == 0
    return made


def propose(path: Path, *more: object) -> subprocess.Popen[str]:
    words = ["campaign", "propose", str(path), "-n", str(SIZE), "--no-log", *map(str, more)]
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def keys(path: Path) -> list[str]:
    """Candidates of all batches, after a look at the whole file."""
    with CampaignStore.open(path) as store:
        state = store.state()
    assert all(len(batch.experiments) == SIZE for batch in state.batches)
    return [one.key for one in state.experiments.values()]


def check_files(folder: Path, path: Path) -> None:
    """What has its final name is whole, and is what the campaign holds."""
    with Campaign.open(path, read_only=True) as opened:
        state = opened.state()
        batches = {one.number: [p.id for p in opened.proposals(state, one.number)] for one in state.batches}
    for file in folder.glob("batch_*"):
        expected = batches[int(file.stem.removeprefix("batch_"))]
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".json":
            assert [one.id for one in read_json(file)] == expected
        elif file.suffix == ".csv":
            assert [row["id"] for row in csv.DictReader(text.splitlines())] == expected
        else:
            assert text.rstrip().endswith("</html>")
            assert all(identifier in text for identifier in expected)


def test_two_at_once_propose_different_candidates(path: Path) -> None:
    processes = [propose(path, "--json") for _ in range(2)]
    told = []
    for process in processes:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        told.append(json.loads(out))
    assert sorted(one["batch"] for one in told) == [1, 2]
    with CampaignStore.open(path) as store:
        batches = {one.number: list(one.experiments) for one in store.state().batches}
    assert batches == {one["batch"]: [each["id"] for each in one["proposals"]] for one in told}
    candidates = keys(path)
    assert len(set(candidates)) == len(candidates) == 2 * SIZE


def test_killed_proposals_leave_a_campaign_that_goes_on(path: Path, tmp_path: Path) -> None:
    moments, folder = random.Random(4), tmp_path / "out"
    began = time.monotonic()
    with propose(path, "-o", folder) as process:
        assert process.wait(timeout=300) == 0
    usual = time.monotonic() - began
    kept = keys(path)
    for turn in range(5):
        fresh = tmp_path / f"out_{turn}"
        with propose(path, "-o", fresh) as process:
            if turn < 3:
                time.sleep(moments.uniform(0.3, 1.0) * usual)
            else:  # while it writes its files
                while not fresh.exists() and process.poll() is None:
                    time.sleep(0.0005)
                time.sleep(moments.uniform(0, 0.02))
            process.kill()
        assert process.returncode in (-signal.SIGKILL, 0)
        now = keys(path)
        assert now[: len(kept)] == kept  # what was there is there
        kept = now
        check_files(fresh, path)
    assert main(["campaign", "propose", str(path), "-n", str(SIZE), "-o", str(tmp_path / "last"), "--no-log"]) == 0
    candidates = keys(path)
    assert len(set(candidates)) == len(candidates) == len(kept) + SIZE
    check_files(tmp_path / "last", path)
    assert len(list((tmp_path / "last").iterdir())) == 3


def test_an_interrupted_proposal_ends_quietly(path: Path) -> None:
    with propose(path) as process:
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=300)
    assert process.returncode in (130, 0)
    assert "Traceback" not in err
    assert len(keys(path)) == (SIZE if out else 0)
