"""From bundles of the literature and a table of own measurements to bundles corrected for the own laboratory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.columns import ROLES, TARGETS, Column
from hemml.data import OWN_LAB, half_cell, load_table, sha256_of
from hemml.errors import BundleError, InputError, UnknownNameError
from hemml.models.bundle import CARD, Bundle, load_bundles, read_metadata, save_bundle
from hemml.models.evidence_space import add_own_records
from hemml.models.inputs import Compositions, batch_of
from hemml.models.lab_prior import LabPrior
from hemml.models.member_files import METADATA
from hemml.models.own_lab import LabCorrection
from hemml.models.prediction import Predictor
from hemml.models.training_rows import TrainingRows
from hemml.provenance import git_commit, versions

if TYPE_CHECKING:
    import pandas as pd

MIN_ROWS: Final = 3
MANY_ROWS: Final = 50
MAX_ROWS: Final = 1000
PRIOR: Final = "lab_prior"
ABOUT: Final = "own_lab"


@dataclass(frozen=True)
class OwnLabResult:
    """What own measurements gave for one target.

    Attributes:
        target: The target.
        n_rows: Own half-cell rows that measured it.
        mae_literature: Error of the literature model on them, in the target's unit; NaN without rows.
        mae_corrected: Error of each row as corrected by the others alone; NaN where there is no correction.
        offset: What the correction says, in words, or why there is none.
        corrected: Whether there is a correction.
    """

    target: Column
    n_rows: int
    mae_literature: float
    mae_corrected: float
    offset: str
    corrected: bool


def correct_bundles(
    bundles: Mapping[Column, Bundle], frame: pd.DataFrame, source: Mapping[str, Any]
) -> dict[Column, tuple[Bundle, OwnLabResult]]:
    """Correct each bundle that has 3 own rows or more; the others are taken over unchanged.

    Args:
        bundles: Bundles of a training on the literature.
        frame: Own measurements, checked and typed.
        source: Plain JSON for the metadata: where base and table come from.

    Raises:
        BundleError: The base is corrected already, or an older hemml wrote it.
        InputError: No target has 3 own rows, or one has too many.
    """
    if again := [str(target) for target, bundle in bundles.items() if ABOUT in bundle.metadata]:
        raise BundleError(
            f"the base must be a model of the literature alone, got one that own rows correct already ({again[0]}); "
            "give the base that it was made from, and all own rows in one table"
        )
    full = Predictor(bundles).complete(frame)
    use = half_cell(full)
    own = {target: full[use & full[target].notna().to_numpy()].reset_index(drop=True) for target in bundles}
    _check_numbers({target: len(rows) for target, rows in own.items()})
    return {target: _correct(bundle, own[target], source) for target, bundle in bundles.items()}


def correct_base(
    base: Path, data: Path, output: Path, targets: Sequence[str] = ()
) -> tuple[dict[Column, tuple[Bundle, OwnLabResult]], dict[str, Any]]:
    """Correct the models in a folder by a table of own measurements; nothing is written yet.

    Args:
        base: Folder with the bundles of a training on the literature.
        data: Table of own measurements: formula, working ion, role and at least one measured target.
        output: Where `save_corrected` will write them; checked here.
        targets: Which targets; all of the base by default.

    Returns:
        The corrected bundles with what the own rows gave, one a target, and where base and table come from.

    Raises:
        BundleError: The base cannot be used.
        DataError: The table has errors.
        InputError: No target has enough own rows, or the output is the base or holds other models.
        UnknownNameError: A target is none of the base.
    """
    bundles = load_bundles(base)
    if unknown := [name for name in targets if name not in bundles]:
        raise UnknownNameError("target of the base", unknown[0], bundles)
    bundles = {target: bundle for target, bundle in bundles.items() if not targets or target in targets}
    _check_output(base, output, bundles)
    source = {
        "base": str(base),
        "base_sha256": {str(target): sha256_of(base / target / METADATA) for target in bundles},
        "data": data.name,
        "data_sha256": sha256_of(data) if data.is_file() else "",
        "versions": versions(),
        "git_commit": git_commit(),
    }
    return correct_bundles(bundles, load_table(data, OWN_LAB), source), source


def save_corrected(found: Mapping[Column, tuple[Bundle, OwnLabResult]], base: Path, output: Path) -> None:
    """Write corrected bundles, with the card of the base and a section on the own rows."""
    for target, (bundle, result) in found.items():
        card = (base / target / CARD).read_text(encoding="utf-8").rstrip("\n")
        save_bundle(bundle, output / target, f"{card}\n\n{_card_section(result, bundle.metadata[ABOUT])}")


def _check_output(base: Path, output: Path, bundles: Mapping[Column, Bundle]) -> None:
    """A correction may replace an older one; the base and trainings, which took long, stay."""
    if output.resolve() == base.resolve():
        raise InputError(f"--output {output}: must be another folder than --base, got the same; give a new one")
    for target in TARGETS:
        folder = output / target
        if not folder.is_dir():
            continue
        if target not in bundles:
            raise InputError(
                f"--output {output}: must not hold a target that this run leaves out, got {target}; give a new folder"
            )
        if ABOUT not in read_metadata(folder):
            raise InputError(
                f"--output {output}: must not hold models of a training, got {target}; give a new folder, or delete it"
            )


def _check_numbers(numbers: Mapping[Column, int]) -> None:
    counted = ", ".join(f"{target} {n}" for target, n in numbers.items())
    if max(numbers.values()) < MIN_ROWS:
        raise InputError(
            f"own measurements: some target must have {MIN_ROWS} half-cell rows or more, got {counted}; "
            "measure more cells, or use the literature models as they are"
        )
    if max(numbers.values()) > MAX_ROWS:
        raise InputError(
            f"own measurements: a target must have {MAX_ROWS} rows or fewer, got {counted}; add them to the data set "
            "with hemml data add and train on all of it"
        )


def _correct(bundle: Bundle, frame: pd.DataFrame, source: Mapping[str, Any]) -> tuple[Bundle, OwnLabResult]:
    target, n = bundle.target.column, len(frame)
    if n == 0:
        result = OwnLabResult(
            target, 0, np.nan, np.nan, "not measured: the literature model, unchanged", corrected=False
        )
        return _with(bundle, None, result, source), result
    compositions = Compositions.of(batch_of(frame), bundle.ensemble.inputs.features)
    # Each row counts as a paper of its own: of one paper a prediction shows two records at most.
    papers = np.array([f"own:{record}" for record in frame[Column.RECORD_ID]], dtype=np.str_)
    rows = TrainingRows(bundle.target, frame, compositions, papers)
    inputs = bundle.ensemble.inputs
    X = inputs.transform(rows.frame, rows.compositions)
    predicted = bundle.ensemble.predict_columns(X)
    error = _mae(bundle, predicted, rows)
    evidence = add_own_records(bundle.evidence, rows, inputs)
    if n < MIN_ROWS:
        words = f"{n} of the {MIN_ROWS} rows that a correction needs: the literature model, unchanged"
        result = OwnLabResult(target, n, error, np.nan, words, corrected=False)
        return _with(replace(bundle, evidence=evidence), None, result, source), result
    roles = rows.frame[Column.ROLE].to_numpy(dtype=np.str_)
    prior = LabPrior.from_json(bundle.metadata.get(PRIOR))
    lab = LabCorrection(prior, inputs.names, X, roles, predicted, rows.scaled)
    result = OwnLabResult(
        target, n, error, _mae(bundle, lab.leave_one_out(), rows), _in_words(bundle, lab), corrected=True
    )
    return _with(replace(bundle, evidence=evidence), lab, result, source), result


def _with(bundle: Bundle, lab: LabCorrection | None, result: OwnLabResult, source: Mapping[str, Any]) -> Bundle:
    about = {
        **source,
        "n_rows": result.n_rows,
        "corrected": result.corrected,
        "offset": result.offset,
        "mae_literature": _or_none(result.mae_literature),
        "mae_leave_one_out": _or_none(result.mae_corrected),
    }
    return replace(bundle, lab=lab, metadata={**bundle.metadata, ABOUT: about})


def _mae(bundle: Bundle, scaled: FloatArray, rows: TrainingRows) -> float:
    return float(np.abs(bundle.target.restore(scaled) - rows.measured).mean())


def _in_words(bundle: Bundle, lab: LabCorrection) -> str:
    """What the own cells give on average against the literature model, as shrunk, a role at a time."""
    shift, _ = lab.correct(lab.X, lab.roles, lab.predicted)
    told = []
    for role in [role for role in ROLES if role in lab.roles]:
        own = lab.roles == role
        cells = f"your {role}s" if len(set(lab.roles.tolist())) > 1 else "your cells"
        shrunk, plain = (
            _difference(bundle, lab.predicted[own], by) for by in (shift[own], (lab.measured - lab.predicted)[own])
        )
        n = int(own.sum())
        told.append(
            f"{cells} give {shrunk} {bundle.target.column.label.lower()} than the literature model expects "
            f"({n} own row{'s' if n > 1 else ''}; unshrunk {plain})"
        )
    return "; ".join(told)


def _difference(bundle: Bundle, predicted: FloatArray, by: FloatArray) -> str:
    column = bundle.target.column
    if column is Column.CAPACITY:
        size, unit = 100 * float(np.expm1(by.mean())), "%"
    else:
        restore = bundle.target.restore
        size = float((restore(predicted + by) - restore(predicted)).mean())
        unit = "points" if column is Column.RETENTION else column.unit
    amount = f"{abs(size):.2f}" if column is Column.VOLTAGE else f"{abs(size):.1f}"
    return f"{amount} {unit} {'more' if size > 0 else 'less'}"


def _card_section(result: OwnLabResult, about: Mapping[str, Any]) -> str:
    lines = [f"- {result.offset[:1].upper()}{result.offset[1:]}."]
    if result.n_rows:
        unit = result.target.unit
        lines.append(f"- MAE of the literature model on the own rows: {result.mae_literature:.3g} {unit}.")
        if result.corrected:
            lines.append(f"- MAE of each own row as corrected by the others: {result.mae_corrected:.3g} {unit}.")
    lines.append(f"- Own rows: `{about['data']}`, SHA-256 `{about['data_sha256']}`; scores above are the base's.")
    return "## Own laboratory\n\n" + "\n".join(lines) + "\n"


def own_lab_table(results: Sequence[OwnLabResult]) -> str:
    """The results as a Markdown table that reads as plain text too."""
    rows: list[tuple[str, ...]] = [("Target", "Own rows", "MAE, literature", "MAE, corrected", "Correction")]
    for item in results:
        errors = (
            "-" if np.isnan(mae) else f"{mae:.3g} {item.target.unit}"
            for mae in (item.mae_literature, item.mae_corrected)
        )
        rows.append((item.target.label, str(item.n_rows), *errors, item.offset))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "".join(f"| {line} |\n" for line in lines)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
