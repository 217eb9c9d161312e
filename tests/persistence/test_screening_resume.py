"""Screenings that are killed or interrupted, and go on to the same bytes."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from screening_server import CHUNK_RANKS
from screenings import SPINELS, example, load_once, screener_of, shipped

from hemml.active.space import DesignSpace
from hemml.cli import main
from hemml.errors import InputError
from hemml.screening import Job, Settings, run
from hemml.screening.checkpoint import Checkpoint
from hemml.screening.done import Done
from hemml.screening.engine import Threads
from hemml.screening.output import write_parquet
from hemml.screening.result import result_of

SERVER = Path(__file__).with_name("screening_server.py")
KILLS = 8
# 3,191 candidates
FINE = SPINELS.replace("step: 0.1", "step: 0.05")


@pytest.fixture
def space(tmp_path: Path) -> Path:
    path = tmp_path / "spinels.yaml"
    path.write_text(FINE, encoding="utf-8")
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_killed_again_and_again(space: Path, tmp_path: Path) -> None:
    wanted = {"top": 40, "pareto": True, "apart": 0.02}
    options = [str(space), "--top", "40", "--pareto", "--apart", "0.02", "--output"]
    reference, output = tmp_path / "reference.parquet", tmp_path / "killed.parquet"
    drawn = DesignSpace.load(space)
    job = Job(drawn, Settings(**wanted), Job.of(drawn, Settings(), shipped()).models, CHUNK_RANKS)
    checkpoint = Checkpoint.beside(output, job)
    delays = random.Random(5)
    command = [sys.executable, str(SERVER), *options, str(reference)]
    done, kills = 0, 0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as server:

        def heard(word: str) -> int:
            said, number = server.stdout.readline().split()
            assert said == word
            return int(number)

        heard("running")
        assert heard("ended") == 0
        for turn in range(KILLS + 1):
            resume = ["--resume"] if checkpoint.path.exists() else []
            threads = str(1 + turn % 2)
            print(json.dumps([*options, str(output), "--threads", threads, *resume]), file=server.stdin, flush=True)
            number = heard("running")
            if turn < KILLS:
                time.sleep(delays.uniform(0, 0.25))
                os.kill(number, signal.SIGKILL)
            ended = heard("ended")
            if ended == 0:
                break
            assert ended == -signal.SIGKILL
            kills += 1
            assert not output.exists()
            if checkpoint.path.exists():  # whole, however the writer ended
                now, found = checkpoint.read()
                assert done <= len(now) <= job.chunks
                assert found.looked_at == sum(len(job.ranks(c)) for c in range(job.chunks) if c in now)
                done = len(now)
        server.stdin.close()
        assert server.wait() == 0
    assert ended == 0
    assert kills >= KILLS / 2
    assert done > 0
    assert output.read_bytes() == reference.read_bytes()
    assert not checkpoint.path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
def test_the_command_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_once(monkeypatch)
    options = ["screen", "zn_spinel_cathode", "--top", "30", "--output"]
    output, reference = tmp_path / "o.parquet", tmp_path / "reference.parquet"
    command = [sys.executable, "-m", "hemml", *options, str(output), "--threads", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("ranked by"):
                break
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait() == 130, said
    assert said.strip().endswith(f"what is done stands in {output}.checkpoint: go on with --resume")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.parquet.checkpoint"]
    assert main([*options, str(output), "--resume", "--threads", "2"]) == 0
    assert main([*options, str(reference), "--threads", "1"]) == 0
    assert output.read_bytes() == reference.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.parquet", "reference.parquet"]


class Shuffled:
    """Looks at chunks in any order, some together, and is interrupted after some of them."""

    def __init__(self, screener, seed: int, most: int) -> None:
        self.screener, self.random, self.most = screener, random.Random(seed), most

    def results(self, chunks):
        left = list(chunks)
        self.random.shuffle(left)
        for _ in range(self.most):
            if not left:
                return
            together = [left.pop() for _ in range(min(len(left), self.random.randint(1, 3)))]
            found = self.screener.nothing
            for chunk in together:
                found = self.screener.join(found, self.screener.look(chunk))
            yield together, found
        if left:
            raise KeyboardInterrupt

    def peak_memory_MB(self) -> float:
        return 0.0


def written(screener, found, path: Path) -> bytes:
    result = result_of(screener, found)
    write_parquet(path, result.frame, result.provenance)
    return path.read_bytes()


@pytest.mark.parametrize(
    "wanted", [{"top": 25, "pareto": True}, {"top": 25, "apart": 0.05, "acquisition": "probability", "best": 150.0}]
)
def test_the_order_of_chunks_and_interruptions_leave_no_trace(space, tmp_path, wanted):
    screener = screener_of(DesignSpace.load(space), chunk_ranks=128, limit=2000, **wanted)
    output = tmp_path / "o.parquet"
    whole = written(screener, run.run(screener, Threads(screener, 1)).found, output)
    assert written(screener, run.run(screener, Threads(screener, 3)).found, output) == whole
    checkpoint = Checkpoint.beside(output, screener.job)
    for seed in range(3):
        checkpoint.remove()
        resume, outcome, looked_at = False, None, 0
        while outcome is None:
            try:
                outcome = run.run(screener, Shuffled(screener, seed, 2), checkpoint, resume=resume)
            except KeyboardInterrupt:
                resume = True
                before, looked_at = looked_at, checkpoint.read()[1].looked_at
                assert looked_at > before
        assert resume
        assert outcome.looked_at == screener.job.candidates - looked_at
        assert written(screener, outcome.found, output) == whole
        done, found = checkpoint.read()
        assert done.intervals == ((0, screener.job.chunks),)
        assert written(screener, found, output) == whole


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Job]:
    """The checkpoint of a screening of which two chunks are done."""
    screener = screener_of(example("zn_spinel_cathode"), limit=600, top=5, pareto=True)
    checkpoint = Checkpoint.beside(tmp_path_factory.mktemp("part") / "o.parquet", screener.job)
    found = screener.join(screener.look(0), screener.look(2))
    checkpoint.write(Done().with_chunks([0, 2]), found)
    done, again = checkpoint.read()
    assert done.intervals == ((0, 1), (2, 3))
    assert again.looked_at == found.looked_at == 600 - 256
    np.testing.assert_array_equal(again.best.values, found.best.values)
    np.testing.assert_array_equal(again.front.ranks, found.front.ranks)
    return checkpoint.path, screener.job


class _Older(Job):
    @property
    def identity(self):
        return {**super().identity, "hemml": "0.0.1"}


def test_a_checkpoint_of_something_else_is_refused(part):
    path, job = part
    others = {
        "another space": replace(job, space=example("zn_vanadate")),
        r"other bundles \(capacity_mAh_g: .*, now 0123456789ab\.\.\.\)": replace(
            job, models={**job.models, "capacity_mAh_g": "0123456789abcdef0"}
        ),
        "other bundles \\(retention_pct: .*, now None\\)": replace(
            job, models={k: v for k, v in job.models.items() if k != "retention_pct"}
        ),
        r"other settings \(top: 5, now 6\)": replace(job, settings=replace(job.settings, top=6)),
        r"other settings \(limit: 600, now 601\)": replace(job, settings=replace(job.settings, limit=601)),
        r"other settings \(level: 0.9, now 0.8, pareto: True, now False\)": replace(
            job, settings=replace(job.settings, level=0.8, pareto=False)
        ),
        r"another version of hemml \(.*, now 0\.0\.1\)": _Older(job.space, job.settings, job.models, job.chunk_ranks),
        r"another version of hemml \(256, now 512\)": replace(job, chunk_ranks=512),
    }
    for message, other in others.items():
        with pytest.raises(InputError, match=f"belongs to {message}.*; go on with what it was made with, or begin"):
            Checkpoint(path, other).read()
    Checkpoint(path, replace(job, space=DesignSpace.from_json(job.space.to_json()))).read()


def test_a_damaged_checkpoint_is_refused(part, tmp_path):
    path, job = part
    data, draw = path.read_bytes(), random.Random(1)
    damaged = {"empty": b"", "text": b"rank,formula\n1,ZnMn2O4\n", "of numpy": data[32:]}
    damaged |= {f"cut at {at}": data[:at] for at in (1, 31, 32, 100, len(data) // 2, len(data) - 1)}
    for at in draw.sample(range(len(data)), 40):
        damaged[f"changed at {at}"] = data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]
    broken = Checkpoint(tmp_path / "o.parquet.checkpoint", job)
    for how, content in damaged.items():
        broken.path.write_bytes(content)
        with pytest.raises(InputError, match="must be what hemml wrote, got a damaged or foreign file; delete it"):
            pytest.fail(f"{how}: {broken.read()}")
    broken.remove()
    with pytest.raises(InputError, match="there is none to go on from; leave out --resume"):
        broken.read()
    broken.path.mkdir()
    with pytest.raises(InputError, match=r"must be what hemml wrote, got: IsADirectoryError"):
        broken.read()


def test_ranks_beyond_64_bits_stand_in_a_checkpoint(part, tmp_path):
    path, job = part
    _, found = Checkpoint(path, job).read()

    class Huge:
        size, sha256, objectives = 2**70, job.space.sha256, job.space.objectives

    huge = Checkpoint(tmp_path / "h.checkpoint", replace(job, space=Huge()))
    ranks = np.array([2**70 - 1 - i for i in range(len(found.best))], dtype=object)
    huge.write(Done(), replace(found, best=replace(found.best, ranks=ranks), front=found.front[:0]))
    assert huge.read()[1].best.ranks.tolist() == ranks.tolist()


def test_a_disk_that_is_full_leaves_the_last_checkpoint(part, tmp_path, monkeypatch):
    path, job = part
    checkpoint = Checkpoint(tmp_path / "o.checkpoint", job)
    _, found = Checkpoint(path, job).read()
    checkpoint.write(Done(((0, 1),)), found)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"must be writable, got: .*No space left.*; free space, then go on with --re"):
        checkpoint.write(Done(((0, 2),)), found)
    assert checkpoint.read()[0].intervals == ((0, 1),)
    assert list(tmp_path.iterdir()) == [checkpoint.path]


def test_what_an_interrupted_screening_left_is_not_passed_over(space, tmp_path, monkeypatch, capsys):
    load_once(monkeypatch)
    output = tmp_path / "o.parquet"
    screener = screener_of(DesignSpace.load(space), chunk_ranks=65_536, top=9)
    Checkpoint.beside(output, screener.job).write(Done(), screener.nothing)
    command = ["screen", str(space), "--output", str(output), "--top"]
    assert main([*command, "9"]) == 2
    assert "an interrupted screening left it; go on with --resume, or delete it" in capsys.readouterr().err
    assert main([*command, "8", "--resume"]) == 2
    assert "belongs to other settings (top: 9, now 8)" in capsys.readouterr().err
    assert main([*command, "9", "--by", "average_voltage_V:max", "--resume"]) == 2
    assert "belongs to other settings (by: , now average_volt...)" in capsys.readouterr().err
    assert not output.exists()
    assert main([*command, "9", "--resume"]) == 0
    assert output.exists()
    assert main([*command, "9", "--resume"]) == 2
    assert "there is none to go on from; leave out --resume" in capsys.readouterr().err
    assert main([*command, "8"]) == 0  # an older result is replaced
