"""Campaign files whose writers are killed, and files that several processes write at once."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from hemml.active.store import CampaignStore, Created, Proposed, StaleState
from hemml.active.store.file import told
from hemml.errors import InputError

WRITER = Path(__file__).with_name("campaign_writer.py")
CREATED = Created("zn", {}, ("capacity_mAh_g",), {"working_ion": "Zn", "role": "cathode"})
KILLS = 100


@pytest.fixture
def path(tmp_path: Path) -> Path:
    CampaignStore.create(tmp_path / "zn.campaign", CREATED).close()
    return tmp_path / "zn.campaign"


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_killed_writers_lose_nothing_that_they_acknowledged(path: Path) -> None:
    delays = random.Random(20)
    acknowledged: list[int] = []
    went_on = 0
    with start(path) as server:
        for turn in range(KILLS):
            print("go", file=server.stdin, flush=True)
            word, number = server.stdout.readline().split()
            assert word == "writer"
            # half of them while they open the file or begin, half when they are well under way
            lines = [server.stdout.readline()] if turn % 2 else []
            time.sleep(delays.uniform(0, 0.06))
            os.kill(int(number), signal.SIGKILL)
            told_now = []
            lines += iter(server.stdout.readline, "gone\n")
            for line in map(str.split, lines):
                assert line[0] == "stored", line
                told_now += [int(word) for word in line[1:]]
            acknowledged += told_now
            went_on += bool(told_now)
            with CampaignStore.open(path) as store:  # opens again
                events = store.events()
            assert [one.sequence for one in events] == list(range(1, len(events) + 1))
            assert not acknowledged or max(acknowledged) <= len(events)
            if told_now:
                assert {events[one - 1].who for one in told_now} == {number}
        server.stdin.close()
        assert server.wait() == 0
    assert went_on >= KILLS / 2
    assert acknowledged == sorted(set(acknowledged))
    assert len(events) - 1 >= len(acknowledged)
    with CampaignStore.open(path) as store:
        state = store.state()
    # what was added in one call is there as a whole or not at all
    accepted = sum(one.event.kind == "accepted" for one in events)
    assert accepted == sum(one.event.kind == "measured" for one in events) == len(state.measurements)
    assert len(state.taken) == len(state.experiments) == 3 * len(state.batches)


@pytest.mark.parametrize("writers", [2, 4])
def test_processes_that_propose_at_once_never_propose_the_same(path: Path, writers: int) -> None:
    number = 60
    processes = [start(path, number, seed) for seed in range(writers)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        print("go", file=process.stdin, flush=True)
    for process in processes:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said
    with CampaignStore.open(path) as store:
        events, state = store.events(), store.state()
    ranks = Counter(proposal["rank"] for one in events[1:] for proposal in one.event.proposals)
    assert ranks == dict.fromkeys(range(number), 1)
    assert len(state.taken) == number
    assert [one.event.computed_from for one in events[1:]] == list(range(1, len(events)))
    assert len({one.who for one in events[1:]}) > 1  # they took turns


def test_the_file_itself_refuses_a_candidate_twice(path: Path) -> None:
    with CampaignStore.open(path) as store:
        store.append_proposals(lambda _: [{"formula": "ZnMn2O4"}])
        (candidate,) = store.state().taken
    refused = pytest.raises(StaleState, match=r"must not be in use, got: UNIQUE .*claims\.candidate; nothing was")
    with closing(sqlite3.connect(path)) as connection, refused, told(path):
        connection.execute("INSERT INTO claims VALUES (?, 'P002')", (candidate,))


def test_a_proposal_that_slips_through_the_checks_is_refused_by_the_claims(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CampaignStore.open(path) as store:
        store.append_proposals(lambda _: [{"formula": "ZnMn2O4"}])

        def unchecked(_: object, event: Proposed) -> Proposed:
            (given,) = event.proposals
            return Proposed([{**given, "id": "P002", "rank": None, "conditions": {}, "key": key}], 2, 2)

        (key,) = store.state().taken
        monkeypatch.setattr("hemml.active.store.store.complete", unchecked)
        with pytest.raises(InputError, match=r"P002 .*must not be in use, got P001 with the same"):
            store.append_proposals(lambda _: [{"formula": "ZnMn2O4"}])
        assert len(store.events()) == 2
