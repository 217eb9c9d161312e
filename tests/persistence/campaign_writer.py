"""A process that adds to a campaign file, run by the tests; it prints what it was told to be stored.

`campaign_writer.py FILE` forks a writer for every line it reads; it is killed by the test. `campaign_writer.py FILE N
SEED` proposes from N candidates, always the best free ones, until none is left.
"""

from __future__ import annotations

import importlib
import os
import random
import sys
import time
from itertools import count

from hemml.active.store import Accepted, CampaignState, CampaignStore, Event, Failed, Measured

CANDIDATES = [f"ZnMn{1 + place / 1000:g}Ni{1 - place / 1000:g}O4" for place in range(1000)]
ROUND = 3


def say(*words: object) -> None:
    """One write, so that a kill leaves a whole line or none."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def free(state: CampaignState, number: int) -> list[dict[str, object]]:
    """The first candidates that no experiment holds."""
    used = {one.rank for one in state.experiments.values()}
    ranks = [rank for rank in range(len(CANDIDATES)) if rank not in used][:number]
    return [{"formula": CANDIDATES[rank], "rank": rank} for rank in ranks]


def write(path: str) -> None:
    """Propose, then add in twos and threes, until killed."""
    with CampaignStore.open(path) as store:
        for turn in count():
            if turn % 4 == 0:
                stored = [store.append_proposals(lambda state: free(state, ROUND), who=str(os.getpid()))]
            else:
                experiment = store.state().batches[-1].experiments[turn % 4 - 1]
                events: list[Event] = [Accepted(experiment), Measured(experiment, values={"capacity_mAh_g": 200})]
                if turn % 4 == 2:
                    events.append(Failed(experiment, "test", "it fell"))
                stored = list(store.append(events, who=str(os.getpid())))
            say("stored", *[one.sequence for one in stored])


def fork_writers(path: str) -> None:
    """One writer a line; its number before it begins, and its end."""

    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            write(path)
        say("writer", child)
        os.waitpid(child, 0)
        say("gone")


def propose_all(path: str, number: int, seed: int) -> None:
    """Propose until the candidates are used up, in batches of 1 to 3."""
    chance = random.Random(seed)

    def make(state: CampaignState) -> list[dict[str, object]]:
        left = number - len(state.experiments)
        if not left:
            sys.exit(0)
        time.sleep(chance.uniform(0, 0.02))  # computing takes its time, and others use it
        return free(state, min(chance.randint(1, ROUND), left))

    with CampaignStore.open(path) as store:
        say("ready")
        sys.stdin.readline()
        while True:
            say("stored", store.append_proposals(make, who=str(os.getpid()), attempts=1000).sequence)


if __name__ == "__main__":
    # before anything is timed: else most writers would be killed, or overtaken, while they import
    importlib.import_module("hemml.composition")
    importlib.import_module("hemml.data")
    if len(sys.argv) == 2:
        fork_writers(sys.argv[1])
    else:
        propose_all(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
