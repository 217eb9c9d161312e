import numpy as np
import pytest

from hemml.errors import InputError
from hemml.evaluation import calibration_curve, wilson_interval


@pytest.mark.parametrize("rank", [[], [0.2, 1.2], [0.2, np.nan], [[0.2]]])
def test_ranks_must_be_shares(rank):
    with pytest.raises(InputError, match=r"rank must be between 0 and 1 in one row or more, got shape \("):
        calibration_curve(rank, np.array(["a"] * len(rank)))


def test_papers_must_be_as_many_as_ranks():
    with pytest.raises(InputError, match=r"papers must have one entry a row \(2\), got shape \(1,\)"):
        calibration_curve([0.1, 0.2], np.array(["a"]))


@pytest.mark.parametrize(("inside", "n"), [(3, 2), (-1, 2), (0, 0)])
def test_shares_must_be_possible(inside, n):
    with pytest.raises(InputError, match=f"got {inside} of {n}"):
        wilson_interval(inside, n)
