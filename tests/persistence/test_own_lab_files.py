"""`lab.json`: what is read back equals what was written, and what hemml did not write is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hemml.errors import BundleError
from hemml.models.lab_prior import POOLED, LabKernel, LabPrior, LabSpace
from hemml.models.own_lab import LAB_FILE, LabCorrection

KERNEL = LabKernel(5.0, 0.1, 0.2, 0.3, 0.15, 0.4, 1.3)


@pytest.fixture
def lab() -> LabCorrection:
    rng = np.random.default_rng(0)
    prior = LabPrior(LabSpace({"a": 0.7}, {"b": 1.0}), {POOLED: KERNEL, "anode": KERNEL})
    roles = np.array(["anode", "cathode", "cathode"])
    return LabCorrection(prior, ("a", "b"), rng.normal(size=(3, 2)), roles, rng.normal(5, 1, 3), rng.normal(5, 1, 3))


def test_a_correction_reads_back_exactly(lab: LabCorrection, tmp_path: Path) -> None:
    lab.save(tmp_path)
    again = LabCorrection.load(tmp_path)
    assert again.prior == lab.prior
    assert again.names == lab.names
    for name in ("X", "roles", "predicted", "measured"):
        np.testing.assert_array_equal(getattr(again, name), getattr(lab, name))
    for one, other in zip(
        lab.correct(lab.X, lab.roles, lab.measured), again.correct(again.X, again.roles, again.measured), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def _cut(about: dict[str, Any]) -> None:
    about["measured"].pop()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda about: about.update(format=9), "format must be 1, got 9; use the hemml that wrote it"),
        (lambda about: about.pop("X"), "must be the correction that hemml wrote"),
        (lambda about: about.update(X="text"), "must be the correction that hemml wrote"),
        (lambda about: about.update(X=[[1.0, 2.0], [1.0]]), "must be the correction that hemml wrote"),
        (_cut, "must hold as many rows everywhere"),
        (lambda about: about["predicted"].__setitem__(0, None), "numbers must be finite|must be the correction"),
        (lambda about: about["predicted"].__setitem__(0, float("nan")), "numbers must be finite, got NaN or infinity"),
        (lambda about: about.update(prior=None), "train it again"),
        (lambda about: about["prior"].pop("space"), "lab_prior must be what hemml wrote"),
        (lambda about: about["prior"]["kernels"].pop(POOLED), "lab_prior must hold a kernel 'all'"),
        (lambda about: about["prior"]["kernels"][POOLED].update(noise=0.0), "kernel must be finite and not negative"),
        (lambda about: about["prior"]["kernels"][POOLED].update(offset=-0.1), "kernel must be finite and not negative"),
        (lambda about: about["prior"]["space"]["test"].update(b=float("inf")), "weights must be finite"),
    ],
)
def test_what_hemml_did_not_write_is_refused(
    lab: LabCorrection, tmp_path: Path, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    lab.save(tmp_path)
    path = tmp_path / LAB_FILE
    about = json.loads(path.read_text(encoding="utf-8"))
    change(about)
    path.write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(BundleError, match=message):
        LabCorrection.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00"])
def test_a_file_that_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / LAB_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(BundleError, match=r"lab.json: must be the correction that hemml wrote"):
        LabCorrection.load(tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="make it again"):
        LabCorrection.load(tmp_path)


def test_columns_that_the_model_lacks_are_refused(lab: LabCorrection) -> None:
    other = LabPrior(LabSpace({"x_Ta": 1.0}, {}), {POOLED: KERNEL})
    with pytest.raises(BundleError, match="its columns must be inputs of the model, got 'x_Ta'"):
        LabCorrection(other, lab.names, lab.X, lab.roles, lab.predicted, lab.measured).leave_one_out()
