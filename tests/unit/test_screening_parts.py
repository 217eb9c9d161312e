"""The parts of a screening: chunks, what is kept, scores, tables."""

from __future__ import annotations

import json
from functools import cache, reduce
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from screenings import example, feasible_ranks, screener_of, shipped

from hemml import __version__
from hemml.active.objective import Objective
from hemml.columns import TARGETS, Column
from hemml.models.stated_window import within_window
from hemml.screening import Job, screen
from hemml.screening import run as running
from hemml.screening.diverse import apart, atomic_fractions
from hemml.screening.done import Done
from hemml.screening.engine import Threads
from hemml.screening.found import SCORE, Found, front_of, highest
from hemml.screening.job import even_ranks
from hemml.screening.output import PROVENANCE, frame_of, write_parquet
from hemml.screening.result import result_of
from hemml.screening.rows import Rows
from hemml.screening.run import Progress, run

AXES = ("x", "y")
NAMES = (*AXES, SCORE)


# Which chunks are done


@given(st.lists(st.integers(0, 30)), st.integers(0, 31))
def test_chunks_that_are_done_in_any_order(chunks, count):
    done = Done().with_chunks(chunks)
    assert [chunk for chunk in range(32) if chunk in done] == sorted(set(chunks))
    assert len(done) == len(set(chunks))
    assert list(done.missing(count)) == [chunk for chunk in range(count) if chunk not in chunks]
    ends = [end for interval in done.intervals for end in interval]
    assert ends == sorted(set(ends))  # rising, and with gaps between
    assert done == Done().with_chunks(sorted(chunks, reverse=True))


# Which candidates are looked at


@given(st.integers(1, 400), st.data())
def test_even_ranks(size, data):
    count = data.draw(st.integers(1, size))
    ranks = even_ranks(size, count, 0, count)
    assert ranks.tolist() == [i * size // count for i in range(count)]
    middle = data.draw(st.integers(0, count))
    parts = even_ranks(size, count, 0, middle), even_ranks(size, count, middle, count)
    assert np.concatenate(parts).tolist() == ranks.tolist()


@pytest.mark.parametrize("size", [2**31, 2**62 + 1, 2**63 - 1, 2**63, 3 * 2**70 + 7], ids=str)
@pytest.mark.parametrize("count", [3, 2**31 - 1, 2**31], ids=str)
def test_even_ranks_are_exact_at_any_size(size, count):
    for start in (0, count // 2, count - 3):
        ranks = even_ranks(size, count, start, start + 3)
        assert [int(rank) for rank in ranks] == [i * size // count for i in range(start, start + 3)]
        assert (ranks.dtype == object) == (size >= 2**63)
    assert even_ranks(size, count, count - 1, count)[0] < size
    gaps = np.diff(even_ranks(size, count, count - 3, count).astype(object))
    assert all(gap in (size // count, size // count + 1) for gap in gaps)


def test_all_of_a_space_with_more_candidates_than_an_int32_holds():
    size = 2**31 + 5
    assert even_ranks(size, size, size - 2, size).tolist() == [size - 2, size - 1]
    assert even_ranks(size, size - 1, size - 3, size - 1).tolist() == [size - 3, size - 2]


@pytest.mark.parametrize(("limit", "chunks"), [(None, 4), (1, 1), (256, 1), (257, 2), (10**9, 4)])
def test_chunks_of_a_job(limit, chunks):
    space = SimpleNamespace(size=1000, objectives=(Objective("capacity_mAh_g", "max"),))
    job = Job(space, SimpleNamespace(limit=limit, by="", acquisition="value"), {}, chunk_ranks=256)
    assert job.chunks == chunks
    ranks = np.concatenate([job.ranks(chunk) for chunk in range(chunks)])
    assert len(ranks) == job.candidates == min(limit or 1000, 1000)
    assert ranks[0] == 0
    assert (np.diff(ranks) > 0).all()


# What is kept


def rows_of(points) -> Rows:
    """Candidates of few different points and scores, so that many are equal; the rank is the place."""
    values = np.array(points, dtype=np.float64).reshape(-1, 3).T
    return Rows(np.arange(len(points)), NAMES, values)


def found_of(rows: Rows, pool: int) -> Found:
    return Found(len(rows), len(rows), len(rows), highest(rows, pool), front_of(rows, AXES))


points = st.lists(st.tuples(*[st.integers(-2, 2)] * 3), max_size=40)


@settings(max_examples=200)
@given(points, st.integers(1, 12), st.data())
def test_parts_join_in_any_order_to_the_same(given_points, pool, data):
    rows = rows_of(given_points)
    order = np.array(data.draw(st.permutations(range(len(rows)))), dtype=np.int64)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=6)))
    parts = [found_of(rows[part], pool) for part in np.split(order, cuts)]
    whole = reduce(lambda one, other: one.join(other, pool, AXES), data.draw(st.permutations(parts)))
    assert (whole.looked_at, whole.feasible, whole.kept) == (len(rows),) * 3

    score = rows.column(SCORE)
    best = sorted(range(len(rows)), key=lambda i: (-score[i], i))[:pool]
    assert whole.best.ranks.tolist() == best
    assert whole.best.values.tolist() == rows.values[:, best].tolist()

    plane = [tuple(point[:2]) for point in given_points]
    front = [
        i
        for i, (x, y) in enumerate(plane)
        if (x, y) not in plane[:i] and not any(a >= x and b >= y and (a, b) != (x, y) for a, b in plane)
    ]
    assert whole.front.ranks.tolist() == front


def test_a_found_of_ranks_beyond_64_bits():
    rows = rows_of([(0, 0, 1), (1, 1, 1), (0, 0, 2)])
    ranks = np.array([2**70 + 1, 2**70, 5], dtype=object)
    best = highest(Rows(ranks, rows.names, rows.values), 2)
    assert best.ranks.tolist() == [5, 2**70]
    assert front_of(Rows(ranks, rows.names, rows.values), AXES).ranks.tolist() == [2**70]


def test_without_axes_there_is_no_front():
    assert len(front_of(rows_of([(0, 0, 1)]), ())) == 0


# Candidates that differ


@given(
    st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10), st.integers(1, 10)), min_size=1, max_size=30),
    st.sampled_from([0.05, 0.1, 0.2, 0.5]),
    st.integers(1, 8),
)
def test_any_two_chosen_differ_and_none_is_skipped_without_need(amounts, least, count):
    array = np.array(amounts, dtype=np.float64)
    fractions = atomic_fractions(SimpleNamespace(amounts=array))
    np.testing.assert_allclose(fractions.sum(axis=1), 1.0)
    chosen = apart(fractions, least, count).tolist()
    assert chosen == sorted(set(chosen))
    assert len(chosen) <= count

    def near(row, others):
        return any(np.abs(fractions[row] - fractions[one]).sum() / 2 < least - 1e-9 for one in others)

    for i, row in enumerate(chosen):
        assert not near(row, chosen[:i])
    last = chosen[-1] if len(chosen) == count else len(fractions)
    for row in set(range(last)) - set(chosen):
        assert near(row, [one for one in chosen if one < row])


def test_two_that_differ_by_exactly_the_least_share():
    fractions = np.array([[0.3, 0.7], [0.2, 0.8], [0.25, 0.75]])
    assert apart(fractions, 0.1, 5).tolist() == [0, 1]


# Scores


@cache
def asked(name="zn_spinel_cathode"):
    """Candidates, what the screening knows of them, and what the predictor says."""
    space = example(name)
    screener = screener_of(space)
    ranks = feasible_ranks(space, 60, seed=4)
    frame = space.candidates(ranks).conditions.copy()
    frame[Column.FORMULA] = space.formulas(ranks)
    return screener.asker.ask(ranks, space.batch(ranks)), shipped().predict(frame)


def scores(name, **wanted):
    space = example(name)
    screener = screener_of(space, **wanted)
    ranks = feasible_ranks(space, 60, seed=4)
    return np.concatenate([rows.column(SCORE) for rows, _ in screener.blocks(ranks)])


@pytest.mark.parametrize("target", TARGETS)
def test_probability(target):
    answer, said = asked()
    one = answer.predictions[target]
    middle = float(np.median(said.values[target]))
    for value in (middle, 0.8 * middle, 1.2 * middle, 0.0, -1.0, 1e6, 0.8, 1.9):
        expected = shipped().probability_above(said, target, value)
        np.testing.assert_allclose(one.probability_above(value), expected, rtol=0, atol=1e-12, err_msg=str(value))
    up = scores("zn_spinel_cathode", by=target, acquisition="probability", best=middle)
    down = scores("zn_spinel_cathode", by=f"{target}:min", acquisition="probability", best=middle)
    np.testing.assert_allclose(up, shipped().probability_above(said, target, middle), rtol=0, atol=1e-12)
    np.testing.assert_allclose(up + down, 1.0)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_improvement_is_the_mean_of_what_is_beyond(target, sign):
    answer, said = asked()
    one, bundle = answer.predictions[target], shipped().bundles[target]
    shares = (np.arange(20_000) + 0.5) / 20_000
    drawn = np.quantile(bundle.calibration.distributions.scores, shares)[:, None]
    measured = bundle.target.restore(said.scaled[target] + said.difficulty[target] * drawn)
    if target is Column.VOLTAGE:
        measured = np.stack([within_window(said.frame, volts) for volts in measured[::20]])
    width = (said.upper[target] - said.lower[target]).max()
    for best in (said.lower[target].min(), np.median(said.values[target]), said.upper[target].max()):
        expected = np.maximum(sign * (measured - best), 0).mean(axis=0)
        found = one.improvement(float(best), sign)
        np.testing.assert_allclose(found, expected, rtol=0, atol=0.01 * width)
    goal = "max" if sign > 0 else "min"
    ranked = scores("zn_spinel_cathode", by=f"{target}:{goal}", acquisition="improvement", best=float(best))
    np.testing.assert_array_equal(ranked, found)


@pytest.mark.parametrize("goal", ["max", "min"])
@pytest.mark.parametrize("target", TARGETS)
def test_ends_of_intervals(target, goal):
    _, said = asked()
    sign, surely, possibly = (1, said.lower, said.upper) if goal == "max" else (-1, said.upper, said.lower)
    for acquisition, end in (("lower", surely), ("upper", possibly)):
        found = scores("zn_spinel_cathode", by=f"{target}:{goal}", acquisition=acquisition)
        np.testing.assert_allclose(found, sign * end[target], rtol=1e-9)
    np.testing.assert_allclose(
        scores("zn_spinel_cathode", by=f"{target}:{goal}"), sign * said.values[target], rtol=1e-9
    )


def test_voltages_stay_in_the_stated_window():
    answer, _ = asked()
    one = answer.predictions[Column.VOLTAGE]
    assert (one.upper <= 1.9).all()
    assert (one.lower >= 0.8).all()
    assert (one.upper == 1.9).any()
    assert (one.probability_above(1.9) == 0).all()
    assert (one.probability_above(0.79) == 1).all()
    assert (one.improvement(1.9, 1.0) == 0).all()
    assert (one.improvement(0.8, 1.0) <= 1.1).all()


# Tables


@cache
def spinels(**wanted):
    screener = screener_of(example("zn_spinel_cathode"), limit=3000, top=20, pareto=True, **wanted)
    return screener, run(screener, Threads(screener, 1)).found


def test_columns_of_a_result():
    screener, found = spinels()
    frame = result_of(screener, found).frame
    ends = [f"{target}_{end}" for target in TARGETS for end in ("predicted", "lower", "upper")]
    assert frame.columns.tolist() == [
        "rank", "formula", "in_top", "in_pareto_set", *ends, "distance", "in_domain", "score", "nearest_record",
        "nearest_doi",
    ]  # fmt: skip
    assert frame["formula"].tolist() == screener.job.space.formulas(frame["rank"].to_numpy())
    assert [frame[name].dtype.kind for name in ("rank", "in_top", "in_domain", "score")] == ["i", "b", "b", "f"]
    assert not frame.isna().to_numpy().any()
    assert not frame["rank"].duplicated().any()
    for target in TARGETS:
        assert (frame[f"{target}_lower"] <= frame[f"{target}_upper"]).all()
    rest = frame[~frame["in_top"]]
    assert rest["in_pareto_set"].all()
    for part in (frame[frame["in_top"]], rest):
        assert (np.diff(part["score"]) <= 0).all()


def test_provenance_tells_the_whole_story(tmp_path):
    import pyarrow.parquet as pq

    screener, found = spinels()
    result = result_of(screener, found)
    write_parquet(tmp_path / "a.parquet", result.frame, result.provenance)
    about = json.loads(pq.read_schema(tmp_path / "a.parquet").metadata[PROVENANCE.encode()])
    assert about == json.loads(json.dumps(result.provenance))
    assert about["hemml"] == __version__
    assert about["candidates"] == 3000 == found.looked_at
    assert about["feasible"] == found.feasible >= about["kept"] == found.kept
    assert about["space_sha256"] == screener.job.space.sha256
    assert set(about["models"]) == set(TARGETS)
    assert about["settings"]["top"] == 20
    assert about["ranked_by"] == "capacity_mAh_g:max"
    assert about["units"]["capacity_mAh_g"] == "mAh/g"
    assert about["versions"]["hemml"] == __version__
    again = example("zn_spinel_cathode").from_json(about["space"])
    assert again.sha256 == about["space_sha256"]
    read = pq.read_table(tmp_path / "a.parquet").to_pandas()
    assert read.equals(result.frame)


def test_a_result_without_candidates(tmp_path):
    screener, _ = spinels()
    result = result_of(screener, screener.nothing)
    assert len(result.frame) == result.n_top == result.n_front == 0
    assert "nearest_record" in result.frame
    write_parquet(tmp_path / "none.parquet", result.frame, result.provenance)


def test_kept_candidates_differ_when_asked_to():
    screener, found = spinels(apart=0.03)
    frame = result_of(screener, found).frame
    fractions = atomic_fractions(screener.job.space.batch(frame["rank"][frame["in_top"]].to_numpy()))
    distance = np.abs(fractions[:, None] - fractions).sum(axis=2) / 2
    assert distance[~np.eye(len(distance), dtype=bool)].min() >= 0.03 - 1e-9
    plain = result_of(*spinels()).frame
    assert frame["score"].iloc[0] == plain["score"].iloc[0]
    assert frame["score"].iloc[19] < plain["score"].iloc[19]


def test_ranks_beyond_64_bits_are_written_as_text():
    _, found = spinels()
    space = SimpleNamespace(formulas=lambda ranks: [f"formula {rank}" for rank in ranks])
    rows = found.best[:2]
    large = Rows(np.array([2**64, 2**64 + 1], dtype=object), rows.names, rows.values)
    frame = frame_of(SimpleNamespace(job=SimpleNamespace(space=space)), large)
    assert frame["rank"].tolist() == [str(2**64), str(2**64 + 1)]
    assert frame["formula"].tolist() == [f"formula {2**64}", f"formula {2**64 + 1}"]


def test_screening_from_python_gives_frames_by_rank():
    screener, found = spinels()
    frames = list(screen(screener.job.space, shipped(), limit=3000, formulas=False))
    ranks = np.concatenate([frame["rank"] for frame in frames])
    assert len(ranks) == found.kept
    assert (np.diff(ranks) > 0).all()
    assert "formula" not in frames[0]
    best = max(frame["score"].max() for frame in frames)
    # larger chunks add up in another order
    assert best == pytest.approx(found.best.column(SCORE)[0], rel=1e-12)


# Memory and progress


class Counted:
    """Chunks that note how far they are drawn."""

    def __init__(self, chunks):
        self.chunks, self.drawn = iter(range(chunks)), 0

    def __iter__(self):
        return self

    def __next__(self):
        chunk = next(self.chunks)
        self.drawn += 1
        return chunk


@pytest.mark.parametrize("threads", [1, 3])
def test_chunks_are_drawn_as_places_fall_free(threads):
    nothing = Found(0, 0, 0, rows_of([]), rows_of([]))
    engine = Threads(SimpleNamespace(look=lambda _: nothing), threads)
    chunks, seen = Counted(50), []
    for done, _ in engine.results(chunks):
        seen += done
        assert chunks.drawn - len(seen) <= threads + 1
    assert sorted(seen) == list(range(50))


def test_an_error_in_a_chunk_ends_the_screening():
    def look(chunk):
        raise ValueError(f"chunk {chunk}")

    with pytest.raises(ValueError, match=r"chunk [01]"):
        list(Threads(SimpleNamespace(look=look), 1).results(iter(range(9))))


def test_no_more_is_held_than_the_best_and_the_front(monkeypatch):
    screener = screener_of(example("zn_spinel_cathode"), limit=4000, top=7, pareto=True, apart=0.05)
    largest = []
    joined = Found.join

    def join(self, other, pool, axes):
        found = joined(self, other, pool, axes)
        largest.append(len(found.best))
        assert len(found.front) == len(front_of(found.front, axes))
        return found

    monkeypatch.setattr(Found, "join", join)
    found = run(screener, Threads(screener, 1)).found
    assert screener.pool == 350
    assert max(largest) <= 350 < found.kept * 4
    assert len(found.front) < found.kept


def test_progress():
    screener = screener_of(example("zn_spinel_cathode"), limit=1000, top=1)
    told: list[Progress] = []
    outcome = run(screener, Threads(screener, 2), tell=told.append)
    assert [one.looked_at for one in told] == sorted(one.looked_at for one in told)
    assert told[-1].looked_at == told[-1].candidates == outcome.looked_at == 1000
    assert told[-1].seconds_left == 0
    assert told[-1].best == outcome.found.best.column(SCORE)[0]
    assert outcome.predicted == outcome.found.feasible
    assert told[-1].candidates_per_second == pytest.approx(1000 / told[-1].seconds)


def test_checkpoints_are_written_now_and_then(tmp_path, monkeypatch):
    from hemml.screening.checkpoint import Checkpoint

    screener = screener_of(example("zn_spinel_cathode"), limit=1500, top=3)
    written = []
    write = Checkpoint.write
    monkeypatch.setattr(
        Checkpoint, "write", lambda self, done, found: (written.append(len(done)), write(self, done, found))
    )
    checkpoint = Checkpoint.beside(tmp_path / "o.parquet", screener.job)
    run(screener, Threads(screener, 1), checkpoint)
    assert written == [6]  # at the end alone: it took less than the time between two
    monkeypatch.setattr(running, "CHECKPOINT_SECONDS", 0.0)
    run(screener, Threads(screener, 1), checkpoint)
    assert written == [6, 1, 2, 3, 4, 5, 6, 6]
