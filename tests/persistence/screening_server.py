"""Starts one `hemml screen` after another in processes of their own, with small chunks and frequent checkpoints.

The first, with the arguments of this process, runs here to its end, so that kernels are compiled once. Further
arguments come as lines of JSON; the answers are `running PID` when candidates are looked at, and `ended CODE`, negative
for the number of a signal.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from dataclasses import replace
from typing import Any

from hemml.cli import main
from hemml.models.prediction import Predictor
from hemml.screening import Job, Screener, run

CHUNK_RANKS = 32
SECONDS_A_CHUNK = 0.02


def prepare() -> None:
    """Make chunks small and checkpoints frequent, load the bundles once, and say when a screening begins."""
    predictor, of, look, begin = Predictor.load(), Job.of, Screener.look, run.run
    answers = sys.stdout

    def slowly(self: Screener, chunk: int) -> Any:
        time.sleep(SECONDS_A_CHUNK)
        return look(self, chunk)

    def told(*given: Any, **named: Any) -> Any:
        print("running", os.getpid(), file=answers, flush=True)
        return begin(*given, **named)

    Predictor.load = classmethod(lambda *_: predictor)
    Job.of = classmethod(lambda _, *given: replace(of(*given), chunk_ranks=CHUNK_RANKS))
    run.CHECKPOINT_SECONDS = 0.0
    Screener.look = slowly
    run.run = told


if __name__ == "__main__":
    prepare()
    with contextlib.redirect_stdout(sys.stderr):
        code = main(["screen", *sys.argv[1:]])
        print("ended", code, file=sys.__stdout__, flush=True)
        for line in sys.stdin:
            process = os.fork()
            if not process:
                os._exit(main(["screen", *json.loads(line)]))
            _, status = os.waitpid(process, 0)
            print("ended", os.waitstatus_to_exitcode(status), file=sys.__stdout__, flush=True)
