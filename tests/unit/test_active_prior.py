"""The surrogate that starts from the shipped bundles, against `Predictor.predict` and own-lab corrections."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from hemml.active.candidates import Candidates
from hemml.active.objective import Objective
from hemml.active.surrogate import prior_blocks
from hemml.active.surrogate.base import Measured
from hemml.active.surrogate.belief import Own
from hemml.active.surrogate.lab_belief import lab_belief
from hemml.active.surrogate.prior import Prior
from hemml.active.surrogate.prior_cache import cached_prior
from hemml.active.surrogate.prior_surrogate import PriorSurrogate
from hemml.columns import TARGETS, Column
from hemml.composition import CompositionBatch
from hemml.data import typed
from hemml.errors import InputError, UnknownNameError
from hemml.models.literature import predict_many
from hemml.models.own_lab import LabCorrection
from hemml.models.prediction import Predictor

if TYPE_CHECKING:
    from hemml.arrays import FloatArray

N = 40
AXES = tuple(Objective(str(target), "max") for target in TARGETS)
NONE = np.empty(0, dtype=np.int64)
CONDITIONS = {
    "working_ion": "Zn",
    "role": "cathode",
    "family": "spinel",
    "capacity_kind": "reversible",
    "capacity_current_mA_g": "100",
    "voltage_min_V": "0.8",
    "voltage_max_V": "1.9",
    "retention_cycles": "200",
}


def made(formulas: list[str], **changed: list[str] | str) -> Candidates:
    table = {name: [value] * len(formulas) for name, value in CONDITIONS.items()}
    table |= {k: [v] * len(formulas) if isinstance(v, str) else v for k, v in changed.items()}
    frame = typed(pd.DataFrame({"formula": formulas, **table}))
    ions = [ion or None for ion in table["working_ion"]]
    batch = CompositionBatch.from_formulas(formulas, ions)
    return Candidates(np.arange(len(formulas)), batch, frame, lambda ranks: [formulas[i] for i in ranks])


def spinels(n: int) -> list[str]:
    rng = np.random.default_rng(3)
    out = []
    for mn, co, ni, fe in rng.multinomial(20, [0.4, 0.2, 0.2, 0.2], size=n).tolist():
        parts = {"Mn": mn, "Co": co, "Ni": ni, "Fe": fe}
        out.append("Zn" + "".join(f"{el}{amount / 10:g}" for el, amount in parts.items() if amount) + "O4")
    return out


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load()


@pytest.fixture(scope="module")
def candidates() -> Candidates:
    return made(spinels(N))


@pytest.fixture(scope="module")
def prior(predictor: Predictor, candidates: Candidates) -> Prior:
    return Prior.of(predictor, candidates)


def test_voltages_stay_inside_the_stated_window(prior: Prior, candidates: Candidates) -> None:
    conditions = candidates.conditions.copy()
    conditions[Column.VOLTAGE_MAX] = 1.2
    surrogate = PriorSurrogate.fit(prior, unmeasured(3), AXES, conditions=conditions)
    place = [axis.quantity for axis in AXES].index(Column.VOLTAGE)
    free = PriorSurrogate.fit(prior, unmeasured(3), AXES).marginals()[0][place]
    mean, _ = surrogate.marginals()
    drawn = surrogate.samples(np.arange(5), 50, np.random.default_rng(0))[:, place]
    assert (free > 1.2).any()
    assert mean[place].max() <= 1.2
    assert drawn.max() <= 1.2


def unmeasured(q: int) -> Measured:
    return Measured(NONE, np.empty((q, 0)))


def informed(prior: Prior, rows: list[int], values: FloatArray, objectives: tuple[Objective, ...]) -> PriorSurrogate:
    return PriorSurrogate.fit(prior, Measured(np.array(rows), values), objectives)


def test_without_own_results_it_says_what_predict_says(
    predictor: Predictor, candidates: Candidates, prior: Prior
) -> None:
    said = predictor.predict(candidates.conditions)
    surrogate = PriorSurrogate.fit(prior, unmeasured(3), AXES, conditions=candidates.conditions)
    for target in TARGETS:
        np.testing.assert_allclose(surrogate.values(target), said.values[target], rtol=1e-9)
        np.testing.assert_allclose(surrogate.difficulty(target), said.difficulty[target], rtol=1e-6)
        np.testing.assert_array_equal(prior.targets[target].in_domain, said.domain_of[target])
        nearest = [record.distance for record in said.nearest_of[target]]
        np.testing.assert_allclose(prior.targets[target].block.distance, nearest, atol=1e-6)
    assert prior.main is said.main


def test_rows_under_different_conditions_equal_predict(predictor: Predictor) -> None:
    formulas = ["ZnMn2O4", "LiCoO2", "Na0.67Ni0.33Mn0.67O2", "(Co0.2Cu0.2Mg0.2Ni0.2Zn0.2)O"]
    several = made(
        formulas,
        working_ion=["Zn", "Li", "Na", "Li"],
        role=["cathode", "", "", ""],
        family="",
        capacity_kind="",
        capacity_current_mA_g=["50", "", "200", "1000"],
        voltage_min_V=["0.8", "2.5", "2", "0.01"],
        voltage_max_V=["1.9", "4.3", "4", "3"],
    )
    said = predictor.predict(several.conditions)
    found = Prior.of(predictor, several)
    assert found.roles.tolist() == said.frame["role"].tolist()
    for target in TARGETS:
        np.testing.assert_allclose(found.targets[target].points.predicted, said.scaled[target], rtol=1e-9)


def test_the_number_of_threads_moves_no_digit(
    predictor: Predictor, candidates: Candidates, prior: Prior, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prior_blocks, "BLOCK_ROWS", 16)
    one, three = (Prior.of(predictor, candidates, threads=threads) for threads in (1, 3))
    for target in TARGETS:
        np.testing.assert_array_equal(one.targets[target].points.predicted, three.targets[target].points.predicted)
        np.testing.assert_array_equal(one.targets[target].block.difficulty, three.targets[target].block.difficulty)
        np.testing.assert_allclose(
            one.targets[target].points.predicted, prior.targets[target].points.predicted, rtol=1e-12
        )


def test_every_regressor_predicts_many_rows_alike(predictor: Predictor, candidates: Candidates) -> None:
    from hemml.models.inputs import Compositions

    for bundle in predictor.bundles.values():
        inputs = bundle.ensemble.inputs
        X = inputs.transform(candidates.conditions, Compositions.of(candidates.batch, inputs.features))
        for member in bundle.ensemble.members.values():
            np.testing.assert_allclose(predict_many(member, X), member.predict(X), rtol=1e-11, atol=1e-11)


def test_a_working_ion_that_contradicts_the_composition_is_refused(
    predictor: Predictor, candidates: Candidates
) -> None:
    wrong = candidates.conditions.copy()
    wrong.loc[3, "working_ion"] = "Li"
    with pytest.raises(InputError, match="working ion of candidate 3: must be that of its composition, Zn, got Li"):
        Prior.of(predictor, replace(candidates, conditions=wrong))


def test_a_target_without_bundle_is_refused(predictor: Predictor, candidates: Candidates) -> None:
    with pytest.raises(UnknownNameError, match="target of the bundles"):
        Prior.of(Predictor({Column.VOLTAGE: predictor.bundles[Column.VOLTAGE]}), candidates, [Column.CAPACITY])


def test_own_results_move_it_as_an_own_lab_correction_does(
    predictor: Predictor, candidates: Candidates, prior: Prior
) -> None:
    rows = np.array([1, 5, 9, 30])
    bundle, found = predictor.bundles[Column.CAPACITY], prior.targets[Column.CAPACITY]
    from hemml.models.inputs import Compositions

    inputs = bundle.ensemble.inputs
    X = inputs.transform(candidates.conditions, Compositions.of(candidates.batch, inputs.features))
    predicted = bundle.ensemble.predict_columns(X)
    measured = predicted[rows] + np.array([0.3, 0.1, 0.25, 0.2])
    roles = np.full(N, "cathode")
    lab = LabCorrection(found.lab, inputs.names, X[rows], roles[rows], predicted[rows], measured)
    shift, factor = lab.correct(X, roles, predicted)
    belief = lab_belief(found, prior.roles, Own(rows, measured))
    np.testing.assert_allclose(belief.mean - found.points.predicted, shift, atol=1e-9)
    np.testing.assert_allclose(belief.spread / found.spread, factor, atol=1e-9)
    # as do bundles that hold some of the own results already
    some = LabCorrection(found.lab, inputs.names, X[rows[:2]], roles[rows[:2]], predicted[rows[:2]], measured[:2])
    corrected = replace(found, bundle=replace(bundle, lab=some))
    again = lab_belief(corrected, prior.roles, Own(rows[2:], measured[2:]))
    np.testing.assert_allclose(again.mean, belief.mean, atol=1e-9)
    assert shift.min() > 0.05
    assert factor.max() < 1


def test_variances_add_up(predictor: Predictor, prior: Prior) -> None:
    for target in TARGETS:
        found = prior.targets[target]
        belief = lab_belief(found, prior.roles, Own(NONE, np.empty(0)))
        low, high = found.distributions.interval(belief.mean, found.block.difficulty, 0.9)
        np.testing.assert_allclose(2 * 1.6448536269514722 * belief.spread, high - low)
        kernel = found.lab.kernel("cathode")
        noise = belief.spread**2 * kernel.noise**2 / kernel.variance(found.points)
        np.testing.assert_allclose(belief.sd**2 + noise, belief.spread**2)
        np.testing.assert_allclose(np.diagonal(belief.joint(np.arange(N))), belief.sd**2, rtol=1e-9)
        rows = np.array([0, 7, 7])
        after = lab_belief(found, prior.roles, Own(rows, belief.mean[rows]))
        assert (after.sd < belief.sd).all()
        np.testing.assert_allclose(np.diagonal(after.joint(np.arange(N))), after.sd**2, rtol=1e-6)


def test_samples_have_the_moments_that_are_told(prior: Prior) -> None:
    objectives = (*AXES, Objective("energy_density_Wh_kg", "max"), Objective("cost_usd_per_kg", "min"))
    values = np.full((5, 3), np.nan)
    values[:3] = [[150, 180, 120], [1.2, 1.3, 1.25], [80, 85, 70]]
    surrogate = informed(prior, [2, 4, 8], values, objectives)
    mean, sd = surrogate.marginals()
    rows = np.arange(12)
    drawn = surrogate.samples(rows, 4000, np.random.default_rng(0))
    assert drawn.shape == (4000, 5, 12)
    error = np.abs(drawn.mean(axis=0) - mean[:, rows]) / np.maximum(sd[:, rows], 1e-9)
    assert error.max() < 0.1
    np.testing.assert_allclose(drawn.std(axis=0)[:4], sd[:4, rows], rtol=0.1)
    np.testing.assert_allclose(drawn[:, 3], drawn[:, 0] * drawn[:, 1])
    assert (drawn[:, 4] == -drawn[0, 4]).sum() == 0
    assert np.ptp(drawn[:, 4], axis=0).max() == 0
    assert (sd[4] == 0).all()
    assert drawn[:, 2].min() >= 0
    assert drawn[:, 2].max() <= 100
    np.testing.assert_array_equal(drawn, surrogate.samples(rows, 4000, np.random.default_rng(0)))
    logs = np.corrcoef(np.log(drawn[:, 0]).T)
    assert logs[0, 1:].min() > 0.2  # candidates of one laboratory go together


def test_partial_and_pending_results(prior: Prior) -> None:
    values = np.array([[150.0, np.nan, 160.0], [np.nan, np.nan, 1.4], [np.nan] * 3])
    surrogate = informed(prior, [0, 1, 2], values, AXES)
    untouched = PriorSurrogate.fit(prior, unmeasured(3), AXES)
    before, after = (np.stack([s.values(t) for t in TARGETS]) for s in (untouched, surrogate))
    assert np.abs(after[:2] - before[:2]).min() > 0
    np.testing.assert_array_equal(after[2], before[2])
    assert surrogate.measured.tolist() == [0, 2]
    assert "capacity_mAh_g: the bundle with own results as a laboratory's (2 own results" in surrogate.description
    assert "retention_pct: the bundle, no own results yet" in surrogate.description


def test_a_fitted_process_takes_over_where_the_literature_misleads(prior: Prior) -> None:
    expected = prior.targets[Column.CAPACITY].points.predicted
    turned = np.exp(2 * expected.mean() - expected - 1.0)  # the opposite order, and far lower
    objectives = AXES[:1]
    few = informed(prior, list(range(7)), turned[None, :7], objectives)
    many = informed(prior, list(range(20)), turned[None, :20], objectives)
    assert "a laboratory's (7 own results" in few.description
    assert "a process fitted to own results (20 own results, mean log score" in many.description
    left = np.abs(many.values(Column.CAPACITY) - turned)[20:]
    assert left.mean() < 0.2 * np.abs(few.values(Column.CAPACITY) - turned)[20:].mean()


def test_results_behind_an_energy_density(prior: Prior) -> None:
    energy = (Objective("energy_density_Wh_kg", "max"),)
    measured = Measured(np.array([1]), np.array([[200.0]]))
    with pytest.raises(InputError, match="must come with the capacity_mAh_g and the average_voltage_V"):
        PriorSurrogate.fit(prior, measured, energy)
    parts = {"capacity_mAh_g": np.array([150.0]), "average_voltage_V": np.array([200 / 150])}
    surrogate = PriorSurrogate.fit(prior, measured, energy, results=parts)
    assert surrogate.marginals()[0].shape == (1, N)
    assert "average_voltage_V" in surrogate.description


def test_wrong_results_are_refused(prior: Prior) -> None:
    with pytest.raises(InputError, match=r"own results of capacity_mAh_g must be positive, got -3"):
        informed(prior, [0], np.array([[-3.0]]), AXES[:1])
    with pytest.raises(InputError, match=f"rows must be below {N}, the candidates, got {N}"):
        informed(prior, [N], np.array([[100.0]]), AXES[:1])
    with pytest.raises(InputError, match=r"one row an objective \(3\), got 1 rows"):
        informed(prior, [0], np.array([[100.0]]), AXES)
    with pytest.raises(UnknownNameError, match="quantity of an objective"):
        PriorSurrogate.fit(prior, unmeasured(1), (Objective("capacity", "max"),))
    with pytest.raises(InputError, match="mixing_enthalpy_kJ_mol: must apply to every candidate"):
        PriorSurrogate.fit(prior, unmeasured(1), (Objective("mixing_enthalpy_kJ_mol", "max"),))


def test_probability_of_limits_is_the_calibrated_one(
    predictor: Predictor, candidates: Candidates, prior: Prior
) -> None:
    least, most = Objective("capacity_mAh_g", "at_least", 180.0), Objective("average_voltage_V", "at_most", 1.3)
    cheap = Objective("cost_usd_per_kg", "at_most", 10.0)
    surrogate = PriorSurrogate.fit(prior, unmeasured(4), (*AXES[:1], least, most, cheap))
    said = predictor.predict(candidates.conditions)
    above = predictor.probability_above(said, Column.CAPACITY, 180.0)
    below = 1 - predictor.probability_above(said, Column.VOLTAGE, 1.3)
    np.testing.assert_allclose(surrogate.probability_within([least]), above, atol=1e-9)
    np.testing.assert_allclose(surrogate.probability_within([least, most]), above * below, atol=1e-9)
    assert set(surrogate.probability_within([cheap]).tolist()) <= {0.0, 1.0}
    assert surrogate.only([least]).marginals()[0].shape == (1, N)
    with pytest.raises(InputError, match="goal must be at_least or at_most, got max"):
        surrogate.probability_within(AXES[:1])
    with pytest.raises(InputError, match="must be among the objectives that were fitted"):
        surrogate.probability_within([Objective("retention_pct", "at_least", 80.0)])


def test_the_domain_weight_falls_outside_and_own_results_widen_it(predictor: Predictor) -> None:
    far = made(["ZnMn2O4", "ZnTaReO4", "ZnTa0.9Re1.1O4"])
    prior = Prior.of(predictor, far, [Column.CAPACITY])
    found = prior.targets[Column.CAPACITY]
    surrogate = PriorSurrogate.fit(prior, unmeasured(1), AXES[:1])
    weights = np.exp(surrogate.domain_log_weight)
    assert weights[0] == 1
    assert (weights[1:] < 1).all()
    assert not found.in_domain[1:].any()
    own = informed(prior, [1], np.array([[100.0]]), AXES[:1])
    wider = np.exp(own.domain_log_weight)
    assert wider[1] == 1
    assert wider[2] > weights[2]


def test_a_cache_is_read_only_where_it_fits(
    predictor: Predictor, candidates: Candidates, prior: Prior, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[int] = []
    original = Prior.of.__func__  # type: ignore[attr-defined]

    def counted(cls: type[Prior], predictor: Predictor, candidates: Candidates, *args: object, **kw: object) -> Prior:
        computed.append(len(candidates))
        return original(cls, predictor, candidates, *args, **kw)

    monkeypatch.setattr(Prior, "of", classmethod(counted))
    file = tmp_path / "prior.npz"
    for _ in range(2):
        found = cached_prior(file, predictor, candidates)
        for target in TARGETS:
            for name in ("predicted", "composition", "test"):
                one, other = (getattr(p.targets[target].points, name) for p in (found, prior))
                np.testing.assert_array_equal(one, other)
            np.testing.assert_array_equal(found.targets[target].spread, prior.targets[target].spread)
        assert found.roles.tolist() == prior.roles.tolist()
    assert computed == [N]
    whole = file.read_bytes()
    cached_prior(file, predictor, candidates[:10])  # other candidates: the file is theirs now
    assert computed == [N, 10]
    file.write_bytes(whole[: len(whole) // 2])
    cached_prior(file, predictor, candidates)
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 255
    file.write_bytes(bytes(damaged))
    cached_prior(file, predictor, candidates)
    assert computed == [N, 10, N, N]
    slower = replace(candidates, conditions=candidates.conditions.assign(capacity_current_mA_g=20.0))
    cached_prior(file, predictor, slower)
    assert computed == [N, 10, N, N, N]
    file.write_bytes(whole)
    kept = cached_prior(file, predictor, candidates[: N - 3])
    grown = kept.joined(Prior.of(predictor, candidates[N - 3 :]), candidates.batch)
    assert computed[5:] == [N - 3, 3]
    np.testing.assert_allclose(
        grown.targets[Column.VOLTAGE].points.predicted, prior.targets[Column.VOLTAGE].points.predicted, rtol=1e-12
    )


def test_a_cache_that_lies_is_computed_again(
    predictor: Predictor, candidates: Candidates, prior: Prior, tmp_path: Path
) -> None:
    file = tmp_path / "prior.npz"
    cached_prior(file, predictor, candidates, [Column.VOLTAGE])
    with np.load(file, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["average_voltage_V.predicted"] = arrays["average_voltage_V.predicted"] + 1.0
    np.savez(file, **arrays)
    found = cached_prior(file, predictor, candidates, [Column.VOLTAGE])
    np.testing.assert_array_equal(
        found.targets[Column.VOLTAGE].points.predicted, prior.targets[Column.VOLTAGE].points.predicted
    )


def test_the_benchmark_of_proposals_times_five(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks" / "active")
    monkeypatch.setattr(Predictor, "load", lambda _root=None: predictor)
    benchmark = importlib.import_module("propose")
    benchmark.main(["--candidates", "60", "--objectives", "2", "--batch", "3", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["candidates"] == 60
    assert len(told["all_seconds"]) == 5
    assert told["seconds"] == sorted(told["all_seconds"])[2]
    assert len(set(told["last_batch"])) == 3
    assert told["first_seconds"] > 0
    sys.modules.pop("propose")
