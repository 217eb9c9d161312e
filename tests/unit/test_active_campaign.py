"""A campaign from its first batch on: what it proposes, and how results change that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from space_texts import SMALL_SPACE

from hemml.active.beliefs import IN_DOMAIN, LIMITS_MET, SINGLE_PHASE, updated_phases
from hemml.active.campaign import PRIOR_SUFFIX, Campaign, CampaignSettings
from hemml.active.reach import around, reach_of
from hemml.active.situation import situation_of
from hemml.active.space import DesignSpace, survivors
from hemml.active.starting_models import StartingModels
from hemml.active.store import Accepted, Failed, Measured, Skipped, Status
from hemml.columns import Column
from hemml.composition import CompositionBatch
from hemml.errors import BundleError, ConfigError, DataError, InputError, UnknownNameError


def make(
    folder: Path, models: str = "none", space: str = SMALL_SPACE, name: str = "one", **settings: object
) -> Campaign:
    path = folder / f"{name}.yaml"
    path.write_text(space, encoding="utf-8")
    made = CampaignSettings(models=models, **settings)  # type: ignore[arg-type]
    return Campaign.create(folder / f"{name}.campaign", DesignSpace.load(path), made)


@pytest.fixture
def campaign(tmp_path):
    with make(tmp_path) as made:
        yield made


def ids(recorded) -> list[str]:
    return [one["id"] for one in recorded.event.proposals]


def results(identifiers: list[str], capacity: float = 150.0) -> list[Measured]:
    return [
        Measured(one, values={"capacity_mAh_g": capacity + 7 * i, "average_voltage_V": 1.2 + 0.03 * i})
        for i, one in enumerate(identifiers)
    ]


def test_batches_hold_different_candidates_that_meet_the_constraints(campaign):
    seen: list[int] = []
    for _ in range(4):
        recorded, batch = campaign.propose(3)
        ranks = [one.rank for one in batch.proposals]
        left = survivors(campaign.space.constraints, campaign.space.batch(ranks))
        assert len(left.rows) == len(ranks)
        seen += ranks
        campaign.add(results(ids(recorded)))
    assert len(set(seen)) == 12
    assert {one.rank for one in campaign.state().experiments.values()} == set(seen)


def test_pending_experiments_are_not_proposed_again_and_skipped_ones_may_be(campaign):
    everything = len(campaign.reach)
    recorded, batch = campaign.propose(everything)
    assert len(batch.proposals) == everything
    with pytest.raises(InputError, match="at least one candidate must be left to propose, got none: all 35"):
        campaign.propose(1)
    campaign.add([Skipped(ids(recorded)[4], "no nickel at hand")])
    _, again = campaign.propose(1)
    assert [one.formula for one in again.proposals] == [batch.proposals[4].formula]


def test_failed_candidates_are_not_proposed_again(campaign):
    recorded, _ = campaign.propose(len(campaign.reach) - 1)
    campaign.add([Failed(one, "synthesis") for one in ids(recorded)])
    left, _ = campaign.propose(1)
    assert left.event.proposals[0]["rank"] not in {one["rank"] for one in recorded.event.proposals}


def test_equal_histories_give_equal_proposals(tmp_path):
    told = []
    for name in ("first", "second"):
        with make(tmp_path, name=name, seed=3) as campaign:
            recorded, _ = campaign.propose(4)
            campaign.add(results(ids(recorded)))
            told.append([one.to_json() for one in campaign.propose(4)[1].proposals])
    assert told[0] == told[1]


def test_nothing_is_forgotten_on_opening(campaign, tmp_path):
    recorded, batch = campaign.propose(2)
    campaign.add(results(ids(recorded)[:1]))
    with Campaign.open(campaign.path, read_only=True) as again:
        state = again.state()
        assert again.space.to_json() == campaign.space.to_json()
        assert [one.formula for one in again.proposals(state)] == [one.formula for one in batch.proposals]
        assert [one.id for one in again.proposals(state, 1)] == ["P001", "P002"]
        assert [one.status for one in state.experiments.values()] == [Status.MEASURED, Status.PROPOSED]
        with pytest.raises(UnknownNameError, match="unknown batch '7'; known: 1"):
            again.proposals(state, 7)


def test_a_result_under_other_conditions_has_a_row_to_compare_candidates_with(campaign):
    recorded, _ = campaign.propose(2)
    one, two = ids(recorded)
    slow = Measured(
        one, values={"capacity_mAh_g": 200, "average_voltage_V": 1.3}, conditions={"capacity_current_mA_g": 10}
    )
    campaign.add([slow, Measured(two, values={"capacity_mAh_g": 120})])
    situation = situation_of(campaign.space, campaign.reach, campaign.state())
    n = len(campaign.reach)
    currents = situation.candidates.conditions[Column.CAPACITY_CURRENT].to_numpy()
    assert currents[n:].tolist() == [10.0, 100.0, 100.0]
    assert situation.measured.rows.tolist() == [n, n + 2]
    assert situation.measured.values[0].tolist() == [200.0, 120.0]
    assert situation.known.tolist() == [n + 1]  # compared under the campaign's conditions
    assert situation.pending.tolist() == [n + 2]  # its voltage is to come
    assert situation.allowed.sum() == n - 2
    np.testing.assert_array_equal(situation.candidates.batch.amounts[n], situation.candidates.batch.amounts[n + 1])


def test_a_cell_outside_the_proposals_takes_its_candidate(campaign):
    formula = campaign.space.formulas(campaign.reach.ranks[5:6])[0]
    campaign.add([Measured(formula=formula, values={"capacity_mAh_g": 99, "average_voltage_V": 1.1})])
    situation = situation_of(campaign.space, campaign.reach, campaign.state())
    assert not situation.allowed[5]
    assert situation.known_ids == ("C001",)


def test_a_second_phase_lowers_the_probability_of_like_compositions(campaign):
    recorded, batch = campaign.propose(1)
    phases = StartingModels.load("none").phases
    formulas = CompositionBatch.from_formulas([batch.proposals[0].formula, "Zn(Mn0.6Fe0.8Mg0.6)O4"], "Zn")
    before = phases.probability(formulas)
    campaign.add([Failed(ids(recorded)[0], "second_phase")])
    after = updated_phases(phases, campaign.space, campaign.state()).probability(formulas)
    assert after[0] < before[0] - 0.03
    assert before[1] - after[1] < before[0] - after[0]
    campaign.add([Accepted(ids(recorded)[0]), *results(ids(recorded))])
    still = updated_phases(phases, campaign.space, campaign.state()).probability(formulas)
    assert still[0] == pytest.approx(after[0])  # it was tested with its second phase


def test_a_large_space_is_sampled_and_its_neighbourhood_is_added(tmp_path):
    with make(tmp_path, candidates=12) as campaign:
        assert len(campaign.reach) == 12
        assert not campaign.reach.is_whole
        recorded, _ = campaign.propose(2)
        campaign.add(results(ids(recorded)))
        situation = campaign.situation(campaign.state())
        fresh = situation.candidates.ranks[12 : -len(situation.measured.rows)]
        assert len(fresh)
        made = np.array([one.rank for one in campaign.state().experiments.values()])
        assert set(fresh) == set(around(campaign.space, made, campaign.reach.ranks))


def test_what_cannot_be_is_told_before_a_file_is_made(tmp_path):
    with pytest.raises(InputError, match="at least one candidate"):
        make(tmp_path, space=SMALL_SPACE.replace("S_config_cation_R >= 1.0", "S_config_cation_R >= 3"))
    with pytest.raises(InputError, match="must be shipped, none or a folder of bundles, got 'nowhere'"):
        make(tmp_path, models="nowhere")
    with pytest.raises(BundleError, match="must be a folder with a bundle a target"):
        make(tmp_path, models=str(tmp_path))
    with pytest.raises(ConfigError, match="level: must be above 0 and below 1, got 90"):
        CampaignSettings(level=90)
    assert not list(tmp_path.glob("*.campaign"))
    with make(tmp_path) as campaign, pytest.raises(InputError, match="batch: must be from 1 to 1000, got 0"):
        campaign.propose(0)


def test_reach_needs_room(tmp_path):
    path = tmp_path / "space.yaml"
    path.write_text(SMALL_SPACE, encoding="utf-8")
    with pytest.raises(InputError, match="candidates: must be at least 1, got 0"):
        reach_of(DesignSpace.load(path), most=0)


def test_wrong_results_change_nothing(campaign):
    recorded, _ = campaign.propose(1)
    before = campaign.state().sequence
    with pytest.raises(DataError, match="nothing was written"):
        campaign.add([*results(ids(recorded)), Measured("P077", values={"capacity_mAh_g": 1})])
    assert campaign.state().sequence == before


@pytest.fixture(scope="module")
def informed(tmp_path_factory):
    space = SMALL_SPACE.replace('"average_voltage_V:max"]', '"average_voltage_V:max", "retention_pct:at_least:60"]')
    with make(tmp_path_factory.mktemp("informed"), models="shipped", space=space) as campaign:
        recorded, first = campaign.propose(3)
        yield campaign, ids(recorded), first


def test_the_first_batch_says_what_the_bundles_say(informed):
    campaign, _, first = informed
    assert "no own results yet" in first.model
    frame = campaign.space.candidates(np.array([one.rank for one in first.proposals])).conditions.copy()
    frame[Column.FORMULA.value] = [one.formula for one in first.proposals]
    said = campaign.models.predictor.predict(frame)
    for target in (Column.CAPACITY, Column.VOLTAGE, Column.RETENTION):
        for place, one in enumerate(first.proposals):
            told = one.predicted[target]
            assert told.value == pytest.approx(said.values[target][place], rel=1e-6)
            assert told.lower == pytest.approx(min(said.lower[target][place], told.value), rel=1e-6)
            assert told.upper == pytest.approx(said.upper[target][place], rel=1e-6)


def test_a_proposal_says_all_that_a_chemist_needs(informed):
    _, _, first = informed
    one = first.proposals[0]
    assert one.nearest is not None
    assert one.nearest.doi
    assert set(one.probabilities) == {LIMITS_MET, SINGLE_PHASE, IN_DOMAIN}
    assert one.recipe is not None
    assert "capacity" in one.why
    assert one.descriptors["S_config_cation_R"] >= 1.0
    assert one.conditions["capacity_current_mA_g"] == 100.0


def test_own_results_move_what_is_believed(informed):
    campaign, identifiers, first = informed
    low = [Measured(one, values={"capacity_mAh_g": 45, "average_voltage_V": 1.0}) for one in identifiers[:2]]
    kept = campaign.path.with_name(campaign.path.name + PRIOR_SUFFIX)
    first_time = kept.stat().st_mtime_ns
    campaign.add(low)
    state = campaign.state()
    situation = campaign.situation(state)
    beliefs = campaign.beliefs(state, situation)
    row = int(np.flatnonzero(situation.candidates.ranks == first.proposals[2].rank)[0])
    before = first.proposals[2].predicted["capacity_mAh_g"].value
    mean, _ = beliefs.surrogate.marginals()
    assert mean[0, row] < 0.8 * before
    assert "2 own results" in beliefs.surrogate.description
    again = campaign.beliefs(state, situation).surrogate.marginals()[0]
    np.testing.assert_array_equal(mean, again)
    # results are rows behind the candidates: what the bundles say of these is computed once
    assert kept.stat().st_mtime_ns == first_time
    assert len(situation.lattice) == len(campaign.reach)


def test_changed_models_are_noticed(informed):
    campaign, _, _ = informed
    assert campaign.changed_models == ()
    hashes = {**campaign.models.hashes, "single_phase": "0" * 64}
    campaign.__dict__["models"] = StartingModels(campaign.models.predictor, campaign.models.phases, hashes)
    assert campaign.changed_models == ("single_phase",)
