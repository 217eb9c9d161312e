"""Two models side by side, as `hemml models compare` shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hemml.cli.model_table import shown
from hemml.columns import TARGETS

Named = tuple[str, Mapping[str, Mapping[str, Any]]]
"""A model's name, and the metadata of its bundles by target."""

_SCORES: Final = ("mae", "skill", "spearman", "coverage_90", "mean_width")
_IN_UNIT: Final = {"mae", "mean_width"}
_LABELS: Final = {
    "mae": "MAE",
    "skill": "skill",
    "spearman": "Spearman",
    "coverage_90": "90 % coverage",
    "mean_width": "mean width",
}
# What must be the same for two models to have been scored on the same rows in the same folds.
_SAME: Final = (
    ("data_sha256", "were trained on different data"),
    ("n_rows", "have different numbers of rows"),
    ("n_papers", "have different numbers of papers"),
    ("outer_folds", "were scored in different numbers of folds"),
    ("seed", "were scored in folds of different seeds"),
)


def compare_models(first: Named, second: Named) -> dict[str, Any]:
    """Set the scores of two models side by side.

    Returns:
        `models`, the two names; `targets`, for each target of both the scores of each with 95 % intervals and a
        `verdict` on the MAE: "first better", "second better", "same within the intervals", or "not comparable" with
        `reasons`; and `warnings` for the user.
    """
    (name, one), (other, two) = first, second
    both = [target for target in one if target in two]
    targets = {target: _target(one[target], two[target]) for target in both}
    warnings = []
    for target, found in targets.items():
        if found["reasons"]:
            warnings.append(
                f"{target}: the models {' and '.join(found['reasons'])}, so that neither can be called better"
            )
    for title, has, lacks in ((name, one, two), (other, two, one)):
        if missing := [target for target in has if target not in lacks]:
            warnings.append(f"only {title} predicts {', '.join(missing)}")
    return {"models": [name, other], "targets": targets, "warnings": warnings}


def _target(one: Mapping[str, Any], two: Mapping[str, Any]) -> dict[str, Any]:
    reasons = [reason for key, reason in _SAME if _fact(one, key) is None or _fact(one, key) != _fact(two, key)]
    ends = [_score(about, "mae")["interval_95"] for about in (one, two)]
    return {
        "scores": {name: [_score(about, name) for about in (one, two)] for name in _SCORES},
        "data_sha256": [about.get("data_sha256") for about in (one, two)],
        "verdict": "not comparable" if reasons else _verdict(*ends),
        "reasons": reasons,
    }


def _fact(about: Mapping[str, Any], key: str) -> object:
    return about[key] if key in about else about.get("config", {}).get(key)


def _score(about: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {
        "value": about.get("scores", {}).get(name),
        "interval_95": about.get("score_intervals_95", {}).get(name),
    }


def _verdict(one: Sequence[float] | None, two: Sequence[float] | None) -> str:
    if one is None or two is None:
        return "not comparable"
    if one[1] < two[0]:
        return "first better"
    return "second better" if two[1] < one[0] else "same within the intervals"


def print_comparison(found: Mapping[str, Any]) -> None:
    """Print the scores of both, a table a target, with what follows from them."""
    from rich.table import Table
    from rich.text import Text

    from hemml.cli.output import console

    out = console()
    labels = {str(target): target for target in TARGETS}
    for target, about in found["targets"].items():
        table = Table(title=f"{labels[target].label} ({target})", title_justify="left", box=None, padding=(0, 2, 0, 0))
        for heading in ("", *found["models"]):
            table.add_column(Text(heading), overflow="fold")
        for cells in _rows(about["scores"], labels[target].unit):
            table.add_row(*(Text(cell) for cell in cells))
        out.print(table)
        out.print(_sentence(about, found["models"]))
        out.print()
    if not found["targets"]:
        out.print("The two models have no target in common.")


def _rows(scores: Mapping[str, Sequence[Mapping[str, Any]]], unit: str) -> Iterator[tuple[str, ...]]:
    for name, pair in scores.items():
        cells = [shown(one["value"], one["interval_95"], unit if name in _IN_UNIT else "") for one in pair]
        yield (_LABELS[name], *cells)


def _sentence(about: Mapping[str, Any], names: Sequence[str]) -> str:
    verdict = about["verdict"]
    if verdict == "not comparable":
        return f"Not comparable: they {' and '.join(about['reasons']) or 'lack intervals'}."
    if verdict == "same within the intervals":
        return "Their MAE does not differ beyond the 95 % intervals."
    better = names[0] if verdict == "first better" else names[1]
    return f"The MAE of {better} is lower beyond the 95 % intervals."
