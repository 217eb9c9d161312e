"""How far a campaign has come, on states made by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from made_up_campaign import TWO, begun, made_up, proposal, space_of

from hemml.active.beliefs import updated_phases
from hemml.active.progress import Progress, progress_of, quantity_of, status_text, value_text
from hemml.active.store import Accepted, Corrected, Event, Failed, Measured, Skipped, Withdrawn
from hemml.errors import InputError

FORMULAS = ("Zn(Mn0.8Ni0.2)2O4", "Zn(Mn0.7Ni0.3)2O4", "Zn(Mn0.6Ni0.4)2O4", "Zn(Mn0.5Ni0.5)2O4")


def progress_after(
    path: Path, *events: Event, objectives: tuple[str, ...] = TWO, batches: tuple[int, ...] = (3,), **predicted: Any
) -> Progress:
    """Of a campaign whose first batches are proposed, then all of the events happen."""
    with begun(path / "zn.campaign", *objectives) as store:
        left = list(FORMULAS)
        for size in batches:
            chosen = [proposal(left.pop(0), rank, **predicted) for rank in range(size)]
            store.append_proposals(lambda _, chosen=chosen: chosen)
        for event in events:
            store.append([event])
        return progress_of(space_of(*objectives), store.state())


def result(experiment: str, capacity: float, voltage: float, **more: float) -> Measured:
    return Measured(experiment, values={"capacity_mAh_g": capacity, "average_voltage_V": voltage, **more})


CORNERS = (result("P001", 100, 1.5), result("P002", 200, 1.0), result("P003", 150, 1.25))


def test_a_new_campaign_has_come_nowhere(tmp_path: Path) -> None:
    progress = progress_after(tmp_path, batches=())
    assert (progress.best, progress.hypervolume, progress.pareto, progress.points, progress.batches) == (
        {}, 0.0, (), (), (),
    )  # fmt: skip
    assert (progress.judged, progress.coverage, progress.syntheses.each, progress.pending) == ((), (), (), 0)


def test_hypervolume_is_the_share_of_the_box_of_measured_values(tmp_path: Path) -> None:
    progress = progress_after(tmp_path, *CORNERS)
    assert progress.hypervolume == pytest.approx(0.25)  # two corners add nothing, the middle a quarter
    assert [one.hypervolume for one in progress.points] == pytest.approx([0.0, 0.0, 0.25])
    assert progress.pareto == ("P001", "P002", "P003")
    assert progress.worst == {"capacity_mAh_g": 100, "average_voltage_V": 1.0}
    assert {name: (one.value, one.experiment) for name, one in progress.best.items()} == {
        "capacity_mAh_g": (200, "P002"),
        "average_voltage_V": (1.5, "P001"),
    }


def test_the_curve_follows_the_order_of_the_results(tmp_path: Path) -> None:
    progress = progress_after(tmp_path, CORNERS[2], CORNERS[0], CORNERS[1])
    assert [one.id for one in progress.points] == ["P003", "P001", "P002"]
    assert [one.best["capacity_mAh_g"] for one in progress.points] == [150, 150, 200]
    assert [one.hypervolume for one in progress.points] == pytest.approx([0.25, 0.25, 0.25])


def test_one_that_breaks_a_limit_sets_no_mark_but_spans_the_scale(tmp_path: Path) -> None:
    broken = Measured("P003", values={"retention_pct": 79.0})
    best = Measured(formula="ZnMn2O4", values={"capacity_mAh_g": 300, "average_voltage_V": 2.0, "retention_pct": 10})
    progress = progress_after(tmp_path, *CORNERS, broken, best)
    assert progress.standings["P003"].limits == {"retention_pct:at_least:80": False}
    assert progress.pareto == ("P001", "P002")
    assert progress.best["capacity_mAh_g"].value == 200
    assert progress.hypervolume == 0.0
    assert (progress.limits[0].met, progress.limits[0].broken) == ((), ("P003", "C001"))
    assert [one.counts for one in progress.points] == [True, True, False, False]


def test_the_limit_is_met_at_its_value(tmp_path: Path) -> None:
    progress = progress_after(tmp_path, result("P001", 100, 1.0, retention_pct=80.0))
    assert progress.limits[0].met == ("P001",)


def test_a_result_in_parts_counts_for_what_it_tells(tmp_path: Path) -> None:
    part, rest = Measured("P001", values={"capacity_mAh_g": 300}), Measured("P001", values={"average_voltage_V": 1.5})
    progress = progress_after(tmp_path, part, CORNERS[1], CORNERS[2])
    assert progress.best["capacity_mAh_g"].experiment == "P001"
    assert progress.pareto == ("P002", "P003")  # without a voltage it is on no front
    (tmp_path / "b").mkdir()
    later = progress_after(tmp_path / "b", part, CORNERS[1], rest)
    assert [one.id for one in later.points] == ["P002", "P001"]
    assert later.pareto == ("P001",)


def test_batches_take_in_what_came_late(tmp_path: Path) -> None:
    shelf = Measured(formula="ZnMn2O4", values={"capacity_mAh_g": 400, "average_voltage_V": 1.0})
    progress = progress_after(tmp_path, result("P002", 200, 1.0), shelf, result("P001", 100, 1.5), batches=(1, 1))
    first, second = progress.batches
    assert (first.experiments, first.statuses) == (("P001",), {"partly_measured": 1})
    assert first.best["capacity_mAh_g"] == 100
    assert second.best["capacity_mAh_g"] == 400  # the cell from the shelf began after batch 2 was proposed


def test_one_objective_has_no_hypervolume(tmp_path: Path) -> None:
    progress = progress_after(tmp_path, *CORNERS, objectives=("energy_density_Wh_kg:max",))
    assert progress.hypervolume is None
    assert progress.best["energy_density_Wh_kg"].value == 200
    assert progress.pareto == ("P002",)


@pytest.mark.parametrize(("goal", "best"), [("min", "P002"), ("target:1.3", "P003")])
def test_best_is_what_the_goal_says(tmp_path: Path, goal: str, best: str) -> None:
    progress = progress_after(tmp_path, *CORNERS, objectives=(f"average_voltage_V:{goal}",))
    assert progress.best["average_voltage_V"].experiment == best


def test_descriptors_follow_from_the_formula(tmp_path: Path) -> None:
    objectives = ("capacity_mAh_g:max", "S_config_cation_R:max")
    progress = progress_after(tmp_path, CORNERS[0], objectives=objectives)
    entropy = [one.values["S_config_cation_R"] for one in progress.standings.values()]
    assert entropy == pytest.approx([-sum(x * np.log(x) for x in (y, 1 - y)) for y in (0.8, 0.7, 0.6)])
    assert progress.best["S_config_cation_R"].experiment == "P001"  # the lowest, but the only one that was made
    assert [one.is_complete for one in progress.standings.values()] == [True, False, False]


def test_withdrawn_and_skipped_ones_do_not_count(tmp_path: Path) -> None:
    progress = progress_after(tmp_path, *CORNERS[:2], Withdrawn("wrong cell", "P002"), Skipped("P003", "no nickel"))
    assert [one.id for one in progress.points] == ["P001"]
    assert progress.statuses == {
        "proposed": 0, "accepted": 0, "skipped": 1, "partly_measured": 1, "measured": 0, "failed": 0, "withdrawn": 1,
    }  # fmt: skip
    assert progress.pending == 1


def test_coverage_counts_predictions_tested_as_they_were_made(tmp_path: Path) -> None:
    other = Measured("P003", values={"capacity_mAh_g": 50}, conditions={"capacity_current_mA_g": 5000})
    events = (result("P001", 110, 1.0), result("P002", 131, 1.0), other)
    progress = progress_after(tmp_path, *events, capacity_mAh_g=(100.0, 30.0))
    assert [(one.experiment, one.inside, one.same_test) for one in progress.judged] == [
        ("P001", True, True),
        ("P002", False, True),
        ("P003", False, False),
    ]
    (one,) = progress.coverage
    assert (one.quantity, one.n, one.inside, one.share, one.level) == ("capacity_mAh_g", 2, 1, 0.5, 0.9)
    assert (one.low, one.high) == pytest.approx((0.0945, 0.9055), abs=1e-3)  # Wilson, 1 of 2
    assert one.median_error == pytest.approx(20.5)
    assert one.median_error_of_mean is None


def test_the_mean_of_earlier_results_stands_beside_the_predictions(tmp_path: Path) -> None:
    with begun(tmp_path / "zn.campaign", *TWO) as store:
        store.append_proposals(lambda _: [proposal(FORMULAS[i], i, capacity_mAh_g=(100, 30)) for i in (0, 1)])
        store.append([result("P001", 110, 1.0), result("P002", 130, 1.0)])
        store.append_proposals(lambda _: [proposal(FORMULAS[2], 2, capacity_mAh_g=(100, 30))])
        store.append([result("P003", 126, 1.0)])
        progress = progress_of(space_of(*TWO), store.state())
    assert [one.mean_before for one in progress.judged] == [None, None, 120.0]
    (one,) = progress.coverage
    assert (one.n_before, one.median_error_before, one.median_error_of_mean) == (1, 26.0, 6.0)


def test_a_correction_judges_anew(tmp_path: Path) -> None:
    wrong = result("P001", 500, 1.0)
    progress = progress_after(tmp_path, wrong, Corrected(3, {"capacity_mAh_g": 101}), capacity_mAh_g=(100.0, 30.0))
    assert [(one.measured, one.inside) for one in progress.judged] == [(101, True)]


def test_the_energy_density_is_judged_as_a_product(tmp_path: Path) -> None:
    progress = progress_after(tmp_path, CORNERS[2], energy_density_Wh_kg=(187.0, 1.0))
    assert [(one.quantity, one.measured, one.inside) for one in progress.judged] == [
        ("energy_density_Wh_kg", 187.5, True)
    ]


def test_syntheses_are_counted_against_their_probability(tmp_path: Path) -> None:
    with begun(tmp_path / "zn.campaign", *TWO) as store:
        phases = (0.8, 0.6, 0.9, 0.5)
        store.append_proposals(lambda _: [proposal(f, i, phase=phases[i]) for i, f in enumerate(FORMULAS)])
        store.append([CORNERS[0], Failed("P002", "second_phase"), Failed("P003", "test")])
        made = progress_of(space_of(*TWO), store.state()).syntheses
    assert [(one.experiment, one.is_single_phase) for one in made.each] == [("P001", True), ("P002", False)]
    assert (made.single_phase, made.predicted, made.predicted_single_phase) == (1, 2, 1)
    assert made.expected_single_phase == pytest.approx(1.4)
    assert made.brier == pytest.approx((0.2**2 + 0.6**2) / 2)


def test_outcomes_of_syntheses_are_those_that_the_campaign_learns_from(tmp_path: Path) -> None:
    with begun(tmp_path / "zn.campaign", *TWO) as store:
        store.append_proposals(lambda _: [proposal(f, i) for i, f in enumerate(FORMULAS)])
        store.append(
            [Failed("P001", "synthesis"), Accepted("P001"), CORNERS[0], CORNERS[1], Failed("P002", "second_phase")]
        )
        store.append([Failed("P003", "test"), Failed("P004", "synthesis")])
        state = store.state()
    learned: list[np.ndarray] = []
    phases = SimpleNamespace(updated=lambda _, outcomes: learned.append(outcomes))
    updated_phases(phases, space_of(*TWO), state)  # type: ignore[arg-type]
    outcomes = [one.gave_single_phase for one in state.experiments.values()]
    assert outcomes == [True, False, None, False]
    assert learned[0].tolist() == [one for one in outcomes if one is not None]


def test_values_in_words(tmp_path: Path) -> None:
    with begun(tmp_path / "zn.campaign", *TWO) as store:
        store.append_proposals(lambda _: [proposal(FORMULAS[0], 0, capacity_mAh_g=(100, 30), retention_pct=(90, 5))])
        store.append([Measured("P001", values={"capacity_mAh_g": 213.4, "retention_pct": 78.04})])
        store.append([Failed("P001", "second_phase")])
        state = store.state()
    progress = progress_of(space_of(*TWO), state)
    one = state.experiments["P001"]
    assert value_text(one, "capacity_mAh_g", progress) == "213* (100 ± 30)"
    assert value_text(one, "retention_pct", progress) == "78.0*! (90.0 ± 5.0)"
    assert value_text(one, "average_voltage_V", progress) == "-"
    assert status_text(one) == "failed: second phase"
    assert quantity_of("capacity_mAh_g").heading == "Capacity (mAh/g)"


def test_a_prediction_that_hemml_did_not_write_is_an_error(tmp_path: Path) -> None:
    with begun(tmp_path / "zn.campaign", *TWO) as store:
        wrong = {**proposal(FORMULAS[0]), "predicted": {"capacity_mAh_g": {"value": 3}}}
        store.append_proposals(lambda _: [wrong])
        store.append([CORNERS[0]])
        with pytest.raises(InputError, match="prediction of P001, capacity_mAh_g: fields must be value, lower"):
            progress_of(space_of(*TWO), store.state())


def test_the_same_state_gives_the_same_progress(tmp_path: Path) -> None:
    from hemml.active.campaign import Campaign

    path = made_up(tmp_path / "zn.campaign")
    found = []
    for _ in range(2):
        with Campaign.open(path, read_only=True) as campaign:
            found.append(progress_of(campaign.space, campaign.state()))
    assert found[0] == found[1]
    hypervolumes = [one.hypervolume for one in found[0].points]
    assert hypervolumes == sorted(hypervolumes)
    assert hypervolumes[-1] == found[0].hypervolume == found[0].batches[-1].hypervolume
