"""A screening from the first chunk to the last: progress, checkpoints, the result."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hemml.screening.checkpoint import Checkpoint
from hemml.screening.done import Done
from hemml.screening.engine import Engine
from hemml.screening.found import SCORE, Found
from hemml.screening.screener import Screener

CHECKPOINT_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Progress:
    """How far a screening is.

    Attributes:
        looked_at: Candidates looked at, those before an interruption included.
        candidates: Candidates to look at.
        feasible: Those looked at that meet the constraints.
        seconds: Time of this run.
        candidates_per_second: Rate of this run.
        seconds_left: Time until the end at that rate.
        best: Highest score so far; None before there is one.
    """

    looked_at: int
    candidates: int
    feasible: int
    seconds: float
    candidates_per_second: float
    seconds_left: float
    best: float | None


@dataclass(frozen=True, eq=False)
class Outcome:
    """A screening that is complete.

    Attributes:
        found: What was found.
        looked_at: Candidates looked at in this run.
        predicted: Those of them that were predicted.
        seconds: Time of this run, without start-up.
        peak_memory_MB: Most memory held.
    """

    found: Found
    looked_at: int
    predicted: int
    seconds: float
    peak_memory_MB: float


def run(
    screener: Screener,
    engine: Engine,
    checkpoint: Checkpoint | None = None,
    *,
    resume: bool = False,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Outcome:
    """Look at every chunk; what is found does not depend on the engine or on interruptions.

    Args:
        screener: The screening.
        engine: Where chunks are looked at.
        checkpoint: Where to note every some seconds what is done; it is left behind, so that the caller can remove it
            when the result is safe.
        resume: Whether to go on from the checkpoint.
        tell: Told of each chunk.

    Raises:
        InputError: The checkpoint belongs to something else, or cannot be written.
    """
    job = screener.job
    done, found = Done(), screener.nothing
    if resume and checkpoint is not None:
        done, found = checkpoint.read()
    before = found
    began = written = time.perf_counter()
    try:
        for chunks, part in engine.results(done.missing(job.chunks)):
            found, done = screener.join(found, part), done.with_chunks(chunks)
            now = time.perf_counter()
            tell(progress_of(found, job.candidates, found.looked_at - before.looked_at, now - began))
            if checkpoint is not None and now - written > CHECKPOINT_SECONDS:
                checkpoint.write(done, found)
                written = time.perf_counter()
    finally:
        if checkpoint is not None:
            checkpoint.write(done, found)
    seconds = time.perf_counter() - began
    return Outcome(
        found,
        found.looked_at - before.looked_at,
        found.feasible - before.feasible,
        seconds,
        engine.peak_memory_MB(),
    )


def progress_of(found: Found, candidates: int, looked_at: int, seconds: float) -> Progress:
    """How far a screening is.

    Args:
        found: What was found, before an interruption too.
        candidates: Candidates to look at.
        looked_at: Those looked at in this run.
        seconds: Time of this run.
    """
    rate = looked_at / max(seconds, 1e-9)
    best = float(found.best.column(SCORE)[0]) if len(found.best) else None
    left = (candidates - found.looked_at) / max(rate, 1e-9)
    return Progress(found.looked_at, candidates, found.feasible, seconds, rate, left, best)
