import numpy as np
import pytest

from hemml.errors import InputError
from hemml.uncertainty import Evidence, PredictiveDistributions

SMALL = PredictiveDistributions.fit([1.0, 2.0, 3.0, 4.0, 5.0])
TEXTS = {"record_ids": ["r1", "r2"], "papers": ["p1", "p2"], "dois": ["", ""], "formulas": ["Zn", "Sn"]}


def evidence(x=((1.0, 2.0), (3.0, 4.0)), names=("delta", "vec"), values=(1.0, 2.0), **changes) -> Evidence:
    return Evidence.fit(x, names, values=values, **(TEXTS | changes))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: SMALL.interval([0.0], level=0.9),
            "level 0.9 needs at least 19 calibration rows, the calibration set has 5; ask for at most 0.666",
        ),
        (lambda: SMALL.interval([0.0], level=0.99), "needs at least 199 calibration rows"),
        (lambda: SMALL.interval([0.0], level=90), "level must be between 0 and 1, got 90"),
        (lambda: SMALL.interval([np.nan], level=0.5), "predicted must be finite, got 1 of 1"),
        (lambda: SMALL.interval([0.0], [0.0], 0.5), "difficulty must be positive, got 0"),
        (lambda: SMALL.interval([0.0], [1.0, 2.0], 0.5), r"difficulty must have one value a row \(1,\)"),
        (lambda: SMALL.probability_below([0.0, 1.0], [0.0]), r"values must have one entry a prediction \(1,\)"),
        (lambda: PredictiveDistributions.fit([]), "at least one row, got none"),
        (lambda: PredictiveDistributions.fit([1.0, np.inf]), "residuals must be finite, got 1 of 2"),
        (lambda: PredictiveDistributions.fit([[1.0]]), "residuals must be one-dimensional"),
        (lambda: evidence(x=[[1.0, 2.0], [np.nan, 1.0]]), "descriptors must be finite, got nan for 'delta' in row 1"),
        (lambda: evidence(x=[[1.0], [2.0]]), r"descriptors must have shape \(rows, 2\), got \(2, 1\)"),
        (lambda: evidence(papers=["p1", "p1"]), "papers must be at least 2 different ones"),
        (lambda: evidence(dois=["10.1/1"]), r"dois must have one entry a record \(2,\), got shape \(1,\)"),
        (lambda: evidence(values=[1.0]), "values must have one entry a record"),
        (lambda: evidence(weights=[1.0, -1.0]), "weights must be 2 numbers, none negative"),
        (lambda: evidence(quantile=95), "quantile must be between 0 and 1, got 95"),
        (lambda: evidence().nearest([[1.0, np.inf]]), "got inf for 'vec' in row 0"),
        (lambda: evidence().nearest([[1.0, 2.0]], k=3), r"k must be between 1 and the number of records \(2\), got 3"),
        (
            lambda: evidence().nearest([[1.0, 2.0]], k=2, without_papers=["p1"]),
            "k must leave 2 records after leaving out",
        ),
        (lambda: evidence().nearest([[1.0, 2.0]], k=1, without_papers=["a", "b"]), "without_papers must have one"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize(
    ("errors", "message"),
    [
        ([0.1], r"errors must be one finite number a record \(2,\), got shape \(1,\)"),
        ([0.1, np.nan], "errors must be one finite number a record"),
    ],
)
def test_errors_of_the_records_are_checked(errors, message) -> None:
    with pytest.raises(InputError, match=message):
        evidence(errors=errors)


def test_tests_of_the_records_are_checked() -> None:
    with pytest.raises(InputError, match=r"tests must have one entry a record \(2,\), got shape \(1,\)"):
        evidence(tests=["0.5 C"])
