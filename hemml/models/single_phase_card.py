"""The card of the single-phase model and its score tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hemml.models.single_phase import SinglePhase
from hemml.models.single_phase_columns import ALLOY, IONIC

_TITLES = {IONIC: "oxides", ALLOY: "alloys"}


def score_lines(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown table of methods on the same rows."""
    lines = ["| method | log loss | 95 % interval | Brier | AUC | calibration error | skill |", "|" + "---|" * 7]
    for name, found in scores.items():
        low, high = found["intervals_95"]["log_loss"]
        worst, best = found["intervals_95"]["skill"]
        lines.append(
            f"| {name} | {found['log_loss']:.3f} | {low:.3f} to {high:.3f} | {found['brier']:.3f} | "
            f"{found['auc']:.2f} | {found['calibration_error']:.3f} | "
            f"{found['skill']:.2f} ({worst:.2f} to {best:.2f}) |"
        )
    return "\n".join(lines)


def kind_text(kind: str, about: Mapping[str, Any]) -> str:
    """Markdown text of what was learned from one table and how well it does."""
    lines = [
        f"{about['n_single']} single phases among {about['n_rows']} {_TITLES[kind]} of {about['n_element_sets']} "
        f"element sets; {len(about['left_out_lines'])} rows could not be described and were left out.",
    ]
    for subset, scores in about["scores"].items():
        rows = next(iter(scores.values()))
        verdict = "" if about["has_skill"][subset] else " **No skill beyond the base rate.**"
        lines += [
            "",
            f"{subset}: {rows['n']} rows, {rows['n_single']} single phases.{verdict}",
            "",
            score_lines(scores),
        ]
    if own := about["own_outcomes"]:
        lines += [
            "",
            "Half of the rows of kept-out element sets given as own outcomes, the others judged "
            f"({own['tables alone']['n']} rows): log loss {own['tables alone']['log_loss']:.3f} without, "
            f"{own['with own outcomes']['log_loss']:.3f} with them.",
        ]
    return "\n".join(lines)


def reliability_lines(about: Mapping[str, Any], subset: str) -> str:
    """Markdown table of predicted probability and share of single phases."""
    lines = ["| rows | mean probability | share of single phases |", "|---|---|---|"]
    lines += [
        f"| {one['rows']} | {one['probability']:.2f} | {one['share']:.2f} |" for one in about["reliability"][subset]
    ]
    return "\n".join(lines)


def single_phase_card(model: SinglePhase) -> str:
    """Markdown text of the card."""
    parts = []
    for kind, about in model.metadata["tables"].items():
        fitted = model.models[kind]
        slopes = ", ".join(
            f"`{name}` {weight:+.2f}" for name, weight in zip(fitted.columns, fitted.weights[1:], strict=True)
        )
        curves = "\n\n".join(
            f"Reliability, {subset}:\n\n{reliability_lines(about, subset)}" for subset in about["reliability"]
        )
        parts.append(
            f"## {_TITLES[kind].capitalize()}\n\n"
            f"Learned by {about['learner']} from `{about['table']}`, SHA-256 `{about['table_sha256']}`; "
            f"{about['source']}. The table is not part of hemml.\n\n"
            f"Base rate {fitted.base_rate:.2f}; share of the table {fitted.table_rate:.2f}. Log odds per standard "
            f"deviation in the logistic regression: {slopes}.\n\n{kind_text(kind, about)}\n\n{curves}"
        )
    config = model.metadata["config"]
    body = "\n\n".join(parts)
    return f"""# Probability of a single phase

From a formula alone: route, temperature and cooling decide too, and are not known. {config["folds"]} folds by element
set, intervals by resampling element sets. Skill is 1 - log loss / log loss of the base rate. Rules stand for the share
of single phases among training rows that they answer alike; base rate and rules tell alloys of 4 or more elements from
the others.

{body}

## Limits

- Publication bias: mixed oxides are rarely published, so the base rate of oxides is an assumption of the configuration.
- Compounds without oxygen (sulfides, fluorides, Prussian blues, polyanions) take the model of oxides, with
  {config["beyond_oxides"]:g} of its log odds' distance from the base rate: no table lists their failures.
- Neighbouring element sets share most of their elements, so that alloys unlike all of the table do worse than scored.
"""
