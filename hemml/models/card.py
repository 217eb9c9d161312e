"""The card of a bundle: what it is for, how good it is on unseen papers, and what it cannot do."""

from __future__ import annotations

from hemml.columns import Column
from hemml.models.ensemble import Ensemble
from hemml.models.result import TargetResult

_SCALE = {
    Column.CAPACITY: "its logarithm",
    Column.VOLTAGE: "itself",
    Column.RETENTION: "the root of the loss, which keeps predictions between 0 and 100 %",
}


def card_text(result: TargetResult, ensemble: Ensemble, data_path: str, data_sha256: str) -> str:
    """Markdown text of the card."""
    column = result.target
    falling = ensemble.inputs.conditions.protocol.falling
    rows = [("hemml", result.scores), *result.baselines.items()]
    table = "\n".join(
        f"| {name} | {s.mae:.3g} | {_number(s.r2)} | {_number(s.spearman)} | {_number(s.skill)} |" for name, s in rows
    )
    subsets = "\n".join(
        f"| {name} | {s.n} | {s.mae:.3g} | {_number(s.skill)} | {_number(s.coverage_90)} |"
        for name, s in result.subsets.items()
    )
    members = ", ".join(f"{name} ({weight:.2f})" for name, weight in ensemble.weights.items())
    verdict = (
        "It predicts unseen papers better than the family median."
        if result.has_skill
        else "**It has no skill on unseen papers: the family median is as good.**"
    )
    return f"""# {column.label} ({column}, {column.unit})

Predicts the {column.label.lower()} of an electrode from its formula and test conditions. {verdict}

- Learned from {result.n_rows} half-cell rows of {result.n_papers} papers: `{data_path}`, SHA-256 `{data_sha256}`.
- Scale: {_SCALE[column]}. Regressors and weights: {members}.
- {f"The prediction never rises with `{falling}`." if falling else "No sign of a response is fixed."}

## Scores on unseen papers

{len(result.fold_scores)} folds by paper; parameters, weights and calibration chosen inside the training folds. Skill
is 1 - MAE / MAE of the family median.
Interval coverage: {_number(result.scores.coverage_90)}.{_against_constant(result)}

| model | MAE, {column.unit} | R2 | Spearman | skill |
|---|---|---|---|---|
{table}

| rows | n | MAE, {column.unit} | skill | coverage |
|---|---|---|---|---|
{subsets}

## Limits

Papers differ more than compositions do: loading, carbon, electrolyte and cycling habits are mostly unstated in the
data, and abstracts print the good numbers. Few rows are high-entropy and fewer are zinc cells. Outside the domain
(`in_domain` false) the intervals are not calibrated.
"""


def _against_constant(result: TargetResult) -> str:
    constant = result.constant_width
    if constant is None or not constant.mean_width or result.scores.mean_width is None:
        return ""
    ratio = result.scores.mean_width / constant.mean_width
    return f" Mean width: {ratio:.2f} of one constant width for all (coverage {_number(constant.coverage_90)})."


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
