"""Choice of batches, with exact Gaussian processes on a line as the surrogate."""

import subprocess
import sys
from dataclasses import replace

import moocore
import numpy as np
import pytest
from scipy.stats import norm

from hemml.active.acquisition import AcquisitionSettings, Chosen, choose_batch, expected_improvement
from hemml.active.acquisition.conditioning import Residuals
from hemml.active.acquisition.scale import Scale
from hemml.active.acquisition.shortlist import shortlist

RULES = ["ei", "nehvi", "ucb", "thompson", "exploration"]
NOTHING = np.zeros(0, dtype=np.int64)


class Line:
    """Independent Gaussian processes of unit variance on a grid from 0 to 1, given values at some rows."""

    def __init__(self, x: np.ndarray, rows: np.ndarray, values: np.ndarray, length: float = 0.1) -> None:
        kernel = np.exp(-0.5 * ((x[:, None] - x) / length) ** 2)
        gain = np.linalg.solve(kernel[np.ix_(rows, rows)] + 1e-8 * np.eye(len(rows)), kernel[rows])
        self.mean = values @ gain
        self.covariance = kernel - kernel[:, rows] @ gain
        self.asked: list[int] = []

    def marginals(self) -> tuple[np.ndarray, np.ndarray]:
        sd = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        return self.mean, np.tile(sd, (len(self.mean), 1))

    def samples(self, rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        self.asked.append(len(rows))
        size, vectors = np.linalg.eigh(self.covariance[np.ix_(rows, rows)])
        root = vectors * np.sqrt(np.maximum(size, 0.0))
        return self.mean[:, rows] + rng.standard_normal((count, len(self.mean), len(rows))) @ root.T


class Table:
    """Fixed joint samples, whatever the generator says."""

    def __init__(self, samples: np.ndarray) -> None:
        self.drawn = samples

    def marginals(self) -> tuple[np.ndarray, np.ndarray]:
        return self.drawn.mean(axis=0), self.drawn.std(axis=0, ddof=1)

    def samples(self, rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        return self.drawn[:count][:, :, rows]


def line(axes: int = 1, n: int = 201) -> tuple[Line, np.ndarray]:
    x = np.linspace(0, 1, n)
    known = np.array([0, n // 4, n // 2, 3 * n // 4, n - 1])
    values = np.array([[0.0, 0.8, 0.3, 0.9, 0.1], [1.0, 0.4, 0.6, 0.2, 0.0], [0.1, 0.2, 0.9, 0.0, 0.3]])[:axes]
    return Line(x, known, values), known


def choose(surrogate: Line | Table, known: np.ndarray, size: int = 5, name: str = "auto", **more: object) -> Chosen:
    n = surrogate.marginals()[0].shape[1]
    arguments = {"pending": NOTHING, "allowed": np.ones(n, dtype=bool), "rng": np.random.default_rng(3)} | more
    settings = arguments.pop("settings", AcquisitionSettings(name))
    return choose_batch(surrogate, known, size=size, settings=settings, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "axes"), [("ei", 1), *((name, axes) for name in RULES if name != "ei" for axes in (1, 2, 3))]
)
def test_five_different_experiments(name: str, axes: int) -> None:
    surrogate, known = line(axes)
    chosen = choose(surrogate, known, name=name)
    assert len(set(chosen.rows.tolist())) == 5
    assert not set(chosen.rows.tolist()) & set(known.tolist())
    if name != "thompson":  # whose samples are independent of each other
        gaps = np.abs(chosen.rows[:, None] - chosen.rows) + 201 * np.eye(5, dtype=int)
        assert gaps.min() >= 4  # a fifth of the correlation length
    assert chosen.mean.shape == chosen.sd.shape == chosen.improvement.shape == (5, axes)
    assert chosen.acquisition == (name,) * 5
    assert chosen.note == ""
    assert (chosen.improvement >= 0).all()


def test_without_fantasies_the_batch_would_be_neighbours() -> None:
    """The five best by themselves lie side by side, so that the distance above is the fantasies' doing."""
    surrogate, known = line()
    mean, sd = surrogate.marginals()
    alone = np.argsort(-expected_improvement(mean[0], sd[0], 0.9))[:5]
    assert np.ptp(alone) <= 20
    assert np.ptp(choose(surrogate, known).rows) > 40


def test_duplicates_are_not_chosen_twice() -> None:
    x = np.repeat(np.linspace(0, 1, 21), 4)  # every candidate four times
    surrogate = Line(x, np.array([0, 40, 83]), np.array([[0.0, 0.5, 0.2], [0.3, 0.1, 0.4]]))
    for name in ("nehvi", "ucb", "exploration"):
        rows = choose(surrogate, np.array([0, 40, 83]), name=name).rows
        assert len(set((rows // 4).tolist())) == 5, name


def test_first_choice_is_the_largest_expected_improvement() -> None:
    surrogate, known = line()
    mean, sd = surrogate.marginals()
    exact = expected_improvement(mean[0], sd[0], 0.9)
    exact[known] = 0
    chosen = choose(surrogate, known, settings=AcquisitionSettings(samples=4000))
    assert exact[chosen.rows[0]] > 0.97 * exact.max()
    assert chosen.improvement[0, 0] == pytest.approx(exact[chosen.rows[0]], rel=0.1)
    assert chosen.incumbent == pytest.approx([0.9], abs=1e-6)
    scale = Scale.of(mean, sd, known, np.setdiff1d(np.arange(201), known))
    assert chosen.values[0] == pytest.approx(chosen.improvement[0, 0] / scale.width[0], rel=1e-6)


@pytest.mark.parametrize("axes", [2, 3])
def test_greedy_choice_equals_plain_search_with_moocore(axes: int) -> None:
    """Bounds, boxes and the shortlist change nothing: all candidates, all samples, one at a time by moocore."""
    rng = np.random.default_rng(axes)
    samples = rng.normal(size=(12, axes, 1)) * 0.3 + rng.normal(size=(12, axes, 60)) * 0.2 + rng.random((axes, 60))
    known, pending = np.arange(10), np.array([10, 11])
    weight = np.log(rng.uniform(0.3, 1, 60))
    table = Table(samples)
    mean, sd = table.marginals()
    scaled = Scale.of(mean, sd, known, np.arange(12, 60)).apply(samples).transpose(0, 2, 1)

    def volume(rows: list[int]) -> np.ndarray:
        return np.array(
            [moocore.hypervolume(np.maximum(one[rows], 0), ref=np.zeros(axes), maximise=True) for one in scaled]
        )

    taken, expected, values = [*known, *pending], [], []
    for _ in range(4):
        base = volume(taken)
        gains = {
            row: (volume([*taken, row]) - base).mean() * np.exp(weight[row])
            for row in range(12, 60)
            if row not in taken
        }
        best = max(gains, key=gains.__getitem__)
        expected.append(best)
        values.append(gains[best])
        taken.append(best)
    settings = AcquisitionSettings(samples=12)
    chosen = choose(table, known, 4, pending=pending, log_weight=weight, settings=settings)
    assert chosen.rows.tolist() == expected
    np.testing.assert_allclose(chosen.values, values, rtol=1e-9)


def test_pending_experiments_are_as_good_as_chosen() -> None:
    rng = np.random.default_rng(8)
    table = Table(rng.normal(size=(64, 2, 50)))
    settings = AcquisitionSettings(samples=64)
    first = choose(table, np.arange(12), 3, settings=settings)
    second = choose(table, np.arange(12), 2, pending=first.rows[:1], settings=settings)
    assert second.rows.tolist() == first.rows[1:].tolist()
    np.testing.assert_allclose(second.values, first.values[1:])


@pytest.mark.parametrize("name", [name for name in RULES if name != "thompson"])  # which only leaves out the row itself
def test_the_neighbourhood_of_a_pending_experiment_is_left_alone(name: str) -> None:
    surrogate, known = line()
    alone = choose(surrogate, known, 1, name=name).rows
    beside = choose(surrogate, known, 1, name=name, pending=alone).rows
    assert abs(int(beside[0]) - int(alone[0])) >= 4


@pytest.mark.parametrize("name", RULES)
def test_only_allowed_candidates_and_the_same_for_the_same_seed(name: str) -> None:
    surrogate, known = line()
    allowed = np.zeros(201, dtype=bool)
    allowed[::7] = True
    once = choose(surrogate, known, name=name, allowed=allowed)
    again = choose(surrogate, known, name=name, allowed=allowed)
    assert (once.rows % 7 == 0).all()
    np.testing.assert_array_equal(once.rows, again.rows)
    np.testing.assert_array_equal(once.values, again.values)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_order_and_units_do_not_matter(axes: int) -> None:
    rng = np.random.default_rng(4)
    samples = rng.normal(size=(64, axes, 40)) + rng.normal(size=(axes, 40))
    settings, known, order = AcquisitionSettings(samples=64), np.arange(11), rng.permutation(40)
    plain = choose(Table(samples), known, settings=settings)
    shuffled = choose(Table(samples[:, :, order]), np.argsort(order)[known], settings=settings)
    assert order[shuffled.rows].tolist() == plain.rows.tolist()
    by, shift = np.array([1000.0, 0.01, 5.0])[:axes, None], np.array([-7.0, 3.0, 100.0])[:axes, None]
    scaled = choose(Table(samples * by + shift), known, settings=settings)
    assert scaled.rows.tolist() == plain.rows.tolist()
    np.testing.assert_allclose(scaled.values, plain.values, rtol=1e-6)
    np.testing.assert_allclose(scaled.improvement, plain.improvement * by[:, 0], rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("name", RULES)
def test_weights_and_cost_multiply_the_value(name: str) -> None:
    surrogate, known = line()
    left = np.arange(201) < 100
    rows = choose(surrogate, known, 3, name=name, log_weight=np.where(left, 0.0, -40.0)).rows
    assert left[rows].all()
    assert left[choose(surrogate, known, 3, name=name, cost=np.where(left, 1.0, 1e15)).rows].all()
    halved = choose(surrogate, known, 1, name=name, log_weight=np.full(201, np.log(0.5)))
    plain = choose(surrogate, known, 1, name=name)
    assert halved.rows == plain.rows
    assert halved.values == pytest.approx(0.5 * plain.values)
    assert (halved.weight, plain.weight) == (pytest.approx([0.5]), pytest.approx([1.0]))
    assert choose(surrogate, known, 1, name=name, cost=np.full(201, 4.0)).values == pytest.approx(plain.values / 4)


def test_tiny_weights_still_rank() -> None:
    surrogate, known = line()
    plain = choose(surrogate, known, 3)
    tiny = choose(surrogate, known, 3, log_weight=np.full(201, -900.0))  # their product with a value is 0 in double
    assert tiny.rows.tolist() == plain.rows.tolist()


def test_limits_weigh_and_results_beyond_them_set_no_mark() -> None:
    surrogate, known = line(2)  # the second objective is a margin of which the right half is mostly negative
    surrogate.mean[1] -= 0.5
    limit = np.array([False, True])
    chosen = choose(surrogate, known, 3, limit=limit)
    assert chosen.mean.shape == (3, 1)
    assert chosen.incumbent == pytest.approx([0.3], abs=1e-6)  # 0.8 and 0.9 do not meet the limit, 0.3 does
    assert (chosen.weight > 0.3).all()
    assert choose(surrogate, known, 1, limit=np.zeros(2, dtype=bool)).mean.shape == (1, 2)


def test_with_limits_alone_the_value_is_the_probability() -> None:
    surrogate, known = line(1)
    surrogate.mean = surrogate.mean - 1.0
    chosen = choose(surrogate, known, limit=np.array([True]))
    mean, sd = surrogate.marginals()
    probability = norm.cdf(mean[0] / np.maximum(sd[0], 1e-12))
    probability[known] = 0
    assert chosen.acquisition == ("probability",) * 5
    assert chosen.values[0] == pytest.approx(probability.max(), rel=1e-9)
    assert chosen.probability[0] == pytest.approx(probability.max(), rel=1e-9)
    assert (np.diff(chosen.values) < 0).all()  # each next one counts only where those before it fail
    assert chosen.mean.shape == (5, 0)
    gaps = np.abs(chosen.rows[:, None] - chosen.rows) + 201 * np.eye(5, dtype=int)
    assert gaps.min() >= 2


def test_without_objectives_the_weights_decide() -> None:
    weight = np.log(np.linspace(0.1, 1, 30))
    chosen = choose(Table(np.zeros((128, 0, 30))), NOTHING, 3, log_weight=weight)
    assert chosen.rows.tolist() == [29, 28, 27]
    assert chosen.values == pytest.approx(np.exp(weight[[29, 28, 27]]))


@pytest.mark.parametrize("axes", [1, 2])
def test_where_nothing_can_improve_exploration_takes_over_and_says_so(axes: int) -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(scale=np.linspace(0.01, 0.1, 40), size=(128, axes, 40))
    samples[:, :, 0] += 100.0  # measured, beyond reach
    chosen = choose(Table(samples), np.arange(1), 3)
    assert chosen.acquisition == ("exploration",) * 3
    assert chosen.note == (
        "no candidate improved in any of 128 samples: 3 of 3 taken by the largest reduction of uncertainty"
    )
    assert (chosen.probability == 0).all()
    assert (chosen.rows > 25).all()  # the more uncertain ones
    certain = choose(Table(np.zeros((128, axes, 40)) + np.arange(40, 0, -1)), np.arange(1), 2)
    assert certain.acquisition == ("probability",) * 2
    assert "2 of 2 taken by their weight alone" in certain.note


def test_before_any_result() -> None:
    for axes in (1, 3):
        x = np.linspace(0, 1, 50)
        surrogate = Line(x, NOTHING, np.zeros((axes, 0)))
        for name in ("auto", "ucb", "thompson", "exploration"):
            chosen = choose(surrogate, NOTHING, name=name)
            assert len(set(chosen.rows.tolist())) == 5


def test_fewer_left_than_asked_for() -> None:
    surrogate, known = line()
    allowed = np.zeros(201, dtype=bool)
    allowed[[0, 7, 99]] = True  # the first is measured
    chosen = choose(surrogate, known, allowed=allowed)
    assert sorted(chosen.rows.tolist()) == [7, 99]
    assert "only 2 of 5 asked for could be chosen" in chosen.note
    one_at_a_time = choose(surrogate, known, 4, settings=AcquisitionSettings(shortlist=1))
    assert len(one_at_a_time.rows) == 4


def test_four_axes_and_more() -> None:
    rng = np.random.default_rng(2)
    samples = 0.1 * rng.normal(size=(64, 5, 30)) + rng.random((5, 30))
    samples[:, :, 20] = 1.2  # better than all the others on every axis
    chosen = choose(Table(samples), np.arange(10), 2, settings=AcquisitionSettings(samples=64))
    assert chosen.rows[0] == 20
    assert chosen.probability[0] == 1.0


def test_joint_samples_are_drawn_for_the_shortlist_only() -> None:
    surrogate, known = line(3)
    settings = AcquisitionSettings(shortlist=40, samples=32)
    chosen = choose(surrogate, known, settings=settings, pending=np.array([33]))
    assert 40 + 1 < surrogate.asked[0] <= 40 + len(known) + 1  # measured ones that others surely beat are left out
    assert len(set(chosen.rows.tolist())) == 5


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_the_shortlist_holds_the_promising_ones_and_some_at_random(axes: int) -> None:
    rng = np.random.default_rng(1)
    mean, sd = rng.random((axes, 3000)), np.full((axes, 3000), 0.05)
    mean[:, :20] += 1.0
    rows = np.arange(3000) + 7
    settings = AcquisitionSettings(random_share=0.2)
    listed = shortlist(rows, mean, sd, np.zeros(3000), np.ones(axes), "nehvi", 300, settings, np.random.default_rng(0))
    assert len(listed) == 300
    assert (np.diff(listed) > 0).all()
    assert set(rows[:20].tolist()) <= set(listed.tolist())
    sums = mean.sum(axis=0)
    assert (sums[listed - 7] < np.median(sums)).sum() >= 15  # of 60 at random about half
    factor = np.where(np.arange(3000) < 20, -50.0, 0.0)
    sober = replace(settings, random_share=0.0)
    without = shortlist(rows, mean, sd, factor, np.ones(axes), "nehvi", 300, sober, np.random.default_rng(0))
    assert not set(rows[:20].tolist()) & set(without.tolist())


def test_importing_loads_numpy_alone() -> None:
    code = (
        "import hemml.active.acquisition, sys; print([m for m in ('scipy', 'moocore', 'pandas') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_residuals_are_conditional_variances() -> None:
    surrogate, _ = line()
    rows = np.arange(0, 201, 10)
    residuals = Residuals(surrogate.samples(rows, 20_000, np.random.default_rng(0)))
    residuals.take(residuals.values[:, :, 6].copy())
    c = surrogate.covariance[np.ix_(rows, rows)]
    exact = np.diag(c) - c[:, 6] ** 2 / c[6, 6]
    np.testing.assert_allclose(residuals.variances()[0], exact, atol=0.02)
    assert residuals.variances()[0, 6] < 1e-12


def test_scale_of_few_results_looks_at_the_predictions_too() -> None:
    mean = np.vstack([np.linspace(0, 10, 101), np.full(101, 2.0)])
    sd = np.full((2, 101), 0.5)
    few = Scale.of(mean, sd, np.array([40, 50]), np.arange(51, 101))
    np.testing.assert_allclose(few.reference[0] + 0.1 * few.width[0], 4.0)  # the worst is a measured one
    assert few.width[0] == pytest.approx(5.951)  # up to the hundredth of the candidates before the last
    many = Scale.of(mean, sd, np.arange(40, 60), np.arange(60, 101))
    np.testing.assert_allclose([many.reference[0], many.width[0]], [4.0 - 0.19, 1.9])
    assert many.width[1] == 0.5  # no range at all: a standard deviation
    np.testing.assert_allclose(many.apply(mean)[0, 40], 0.1)
