"""Bad input to the choice of a batch is refused with a message that says what to do."""

import numpy as np
import pytest

from hemml.active.acquisition import AcquisitionSettings, choose_batch, log_probability_within
from hemml.errors import ConfigError, InputError, UnknownNameError


class Flat:
    """Six candidates, two objectives."""

    def __init__(self, axes: int = 2) -> None:
        self.mean, self.sd = np.tile(np.arange(6.0), (axes, 1)), np.ones((axes, 6))
        self.shape: tuple[int, ...] | None = None
        self.fill = 0.0

    def marginals(self) -> tuple[np.ndarray, np.ndarray]:
        return self.mean, self.sd

    def samples(self, rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        return np.full(self.shape or (count, len(self.mean), len(rows)), self.fill)


def choose(surrogate: Flat | None = None, **more: object) -> None:
    given = {
        "known": np.array([0, 1]),
        "pending": np.array([2]),
        "allowed": np.ones(6, dtype=bool),
        "size": 2,
        "settings": AcquisitionSettings(),
        "rng": np.random.default_rng(0),
    } | more
    choose_batch(surrogate or Flat(), **given)  # type: ignore[arg-type]


def test_unknown_name_lists_close_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown acquisition 'nehv'; did you mean 'nehvi'"):
        AcquisitionSettings("nehv")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("beta", -1.0, r"acquisition beta: must be a finite number of 0 or more, got -1"),
        ("beta", float("nan"), r"acquisition beta: must be a finite number .* got nan"),
        ("samples", 1, r"acquisition samples: must be a whole number of 2 or more, got 1"),
        ("samples", 12.5, r"acquisition samples: must be a whole number of 2 or more, got 12.5"),
        ("shortlist", 0, r"acquisition shortlist: must be a whole number of 1 or more, got 0"),
        ("directions", True, r"acquisition directions: must be a whole number of 1 or more, got True"),
        ("random_share", 1.5, r"acquisition random_share: must be from 0 to 1, got 1.5"),
    ],
)
def test_settings(field: str, value: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        AcquisitionSettings(**{field: value})  # type: ignore[arg-type]


def test_expected_improvement_has_one_axis() -> None:
    with pytest.raises(ConfigError, match=r"acquisition ei: must have one objective to improve on, got 2; use nehvi"):
        choose(settings=AcquisitionSettings("ei"))
    choose(settings=AcquisitionSettings("ei"), limit=np.array([False, True]))  # one axis and a limit


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"allowed": np.arange(6) < 3}, r"none: of 6 candidates 3 are allowed, and these are all measured or pending"),
        ({"allowed": np.zeros(6, dtype=bool)}, r"of 6 candidates 0 are allowed"),
        ({"log_weight": np.full(6, -np.inf)}, r"these are all of probability 0; widen the space or loosen"),
        ({"allowed": np.ones(5, dtype=bool)}, r"allowed: must be 6 truth values, got shape \(5,\) of bool"),
        ({"allowed": np.ones(6)}, r"allowed: must be 6 truth values, got shape \(6,\) of float64"),
        ({"size": 0}, r"batch size: must be 1 or more, got 0"),
        ({"known": np.array([0, 6])}, r"measured rows: must be from 0 to 5, got 0 to 6"),
        ({"pending": np.array([-1])}, r"pending rows: must be from 0 to 5, got -1 to -1"),
        ({"log_weight": np.zeros(3)}, r"log_weight: must be of shape \(6,\), got \(3,\)"),
        ({"log_weight": np.full(6, 0.5)}, r"log_weight: must be logarithms of probabilities, 0 at most, got 0.5"),
        ({"log_weight": np.full(6, np.nan)}, r"log_weight: must be logarithms of probabilities, 0 at most, got nan"),
        ({"cost": np.array([1, 1, 1, 1, 0, 1.0])}, r"cost: must be finite and above 0, got 0"),
        ({"cost": np.ones(2)}, r"cost: must be of shape \(6,\), got \(2,\)"),
        ({"limit": np.array([True])}, r"limit: must be of shape \(2,\), got \(1,\)"),
    ],
)
def test_arguments(more: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        choose(**more)


def test_surrogates_that_break_their_word() -> None:
    wrong = Flat()
    wrong.mean[1, 4] = np.nan
    with pytest.raises(InputError, match=r"surrogate: means must be finite .* at row 4 \(1 such rows\)"):
        choose(wrong)
    wrong = Flat()
    wrong.sd = np.ones((1, 6))
    with pytest.raises(InputError, match=r"of one shape \(objectives, candidates\), got \(2, 6\) and \(1, 6\)"):
        choose(wrong)
    wrong = Flat()
    wrong.shape = (128, 6, 2)
    with pytest.raises(InputError, match=r"surrogate: samples must be of shape \(128, 2, 6\), got \(128, 6, 2\)"):
        choose(wrong)
    wrong = Flat()
    wrong.fill = np.inf
    with pytest.raises(InputError, match=r"surrogate: samples must be finite, got 1536 that are not"):
        choose(wrong)


def test_limits_the_wrong_way_round() -> None:
    with pytest.raises(InputError, match=r"the lower one must be at most the upper one, got 2 and 1; swap them"):
        log_probability_within(np.zeros(1), np.ones(1), 2.0, 1.0)
