"""The line that says why."""

from __future__ import annotations

import pytest

from hemml.active.objective import Objective
from hemml.active.proposal import PredictedValue
from hemml.active.why import Gain, interval_text, why
from hemml.errors import InputError

CAPACITY = PredictedValue(312.4, 252.0, 371.0, 0.9, "mAh/g")


def test_a_full_line():
    line = why(
        Gain("hypervolume", 3.14),
        [Objective("capacity_mAh_g", "max"), Objective("cost_usd_per_kg", "at_most", 30.0), Objective("vec", "max")],
        {"capacity_mAh_g": CAPACITY, "cost_usd_per_kg": PredictedValue(21.0, 20.5, 23.0, 0.9, "USD/kg")},
        {"capacity_mAh_g": "capacity"},
        {"capacity_mAh_g": 290.2},
        elements=("Mn", "Co", "Ni", "Fe", "Cr"),
        measured_elements={"Mn", "Co", "Ni", "Fe", "Zn"},
        probabilities={"single_phase": 0.8, "in_domain": 1.0},
    )
    assert line == (
        "expected to add 3.1 % hypervolume: capacity 312 ± 60 mAh/g (best so far 290), "
        "cost_usd_per_kg 21.0 (20.5 to 23.0) USD/kg (at most 30), 4 of 5 elements measured before, single phase 80 %"
    )


@pytest.mark.parametrize(
    ("gain", "text"),
    [
        (Gain("start"), "most promising so far"),
        (Gain("hypervolume"), "expected to open the Pareto front"),
        (Gain("probability", 0.34), "may improve on what is measured (34 %)"),
        (Gain("improvement", 12.0, "mAh/g"), "expected to improve on the best by 12 mAh/g"),
        (Gain("bound", 350.0, "mAh/g"), "could reach 350 mAh/g"),
        (Gain("sample"), "best in a random draw from what is believed"),
        (Gain("exploration", 0.2, "V"), "least known: standard deviation 0.2 V"),
    ],
)
def test_every_kind_of_gain_has_words(gain, text):
    assert why(gain, [], {}, {}, {}) == text
    assert "\n" not in text


def test_intervals():
    assert interval_text(CAPACITY) == "312 ± 60 mAh/g"
    assert interval_text(PredictedValue(1.3, 1.2, 1.5, 0.9, "V")) == "1.30 (1.20 to 1.50) V"
    assert interval_text(PredictedValue(2.0, 2.0, 2.0, 0.9)) == "2.000 ± 0.000"


def test_an_unknown_gain_is_refused():
    with pytest.raises(InputError, match=r"gain: kind must be one of start, hypervolume.*got 'luck'"):
        Gain("luck")
