"""The card of the voltage prior and its score table."""

from __future__ import annotations

from hemml.models.voltage_prior import VOLTAGE_PRIOR, VoltagePrior
from hemml.models.voltage_prior_training import SOURCE, PriorScores


def score_lines(scores: PriorScores) -> str:
    """Markdown table of the scores of the prior and the baselines on unseen host systems."""
    lines = ["| model | MAE, V | 95 % interval | RMSE, V | Spearman |", "|---|---|---|---|---|"]
    for name, found in scores.scores.items():
        low, high = scores.intervals[name]["mae"]
        rank = "-" if found.spearman is None else f"{found.spearman:.3f}"
        lines.append(f"| {name} | {found.mae:.3f} | {low:.3f} to {high:.3f} | {found.rmse:.3f} | {rank} |")
    return "\n".join(lines)


def prior_card(prior: VoltagePrior, scores: PriorScores) -> str:
    """Markdown text of the card."""
    about = prior.metadata
    ions = ", ".join(f"{ion} {count}" for ion, count in sorted(about["ions"].items(), key=lambda item: -item[1]))
    keep = about["config"]["filter"]
    low, high = keep["voltage_V"]
    return f"""# Voltage prior ({VOLTAGE_PRIOR}, V)

The voltage that first-principles calculations would give a cathode, from its formula and working ion. A starting point
of the voltage model, and no measured voltage.

- Learned from {about["n_rows"]} of {about["n_read"]} computed insertion electrodes in {about["n_host_systems"]} host
  systems: `{about["table"]}`, SHA-256 `{about["table_sha256"]}`.
- Source of the electrodes, to be cited: {SOURCE}.
  They were filtered and learned from; the table is not part of hemml.
- Filter: voltage {low:g} to {high:g} V, volume change at most {keep["max_volume_change"]:g}, both ends at most
  {keep["max_above_hull_eV_atom"]:g} eV/atom above the hull.
- Rows of each ion: {ions}.
- Applies to cathodes that are {", ".join(prior.environments)} hosts with a redox step; elsewhere the redox ladder
  stands in.

## Scores on unseen host systems

{about["config"]["folds"]} folds by chemical system of the host; intervals by resampling host systems. The
parameters are fixed in the configuration, not tuned in these folds.

{score_lines(scores)}

## Limits

Calculations are at 0 K, without polarisation, and for ideal crystals of few elements; high-entropy hosts are
extrapolation. Polymorphs of one formula differ, so a model of the formula alone cannot be exact.
"""
