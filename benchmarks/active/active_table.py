"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

BEGIN, END = "<!-- active:begin -->", "<!-- active:end -->"
LABELS: Final = {
    "hemml": "hemml",
    "baybe": "BayBE",
    "forest_ucb": "random forest, upper confidence bound",
    "greedy": "greedy on hemml's surrogate",
    "random": "random",
}
OURS: Final = "hemml"


def markdown(results: Mapping[str, Any]) -> str:
    """Every pool as a table, then versions."""
    blocks = [_pool_block(name, pool) for name, pool in results["pools"].items()]
    return "\n\n".join([*blocks, _settings(results)])


def _pool_block(name: str, pool: Mapping[str, Any]) -> str:
    one = len(pool["objectives"]) == 1
    head = ["strategy", "seeds", "experiments to 90 %", "times fewer than random"]
    head += ["first of the top 1 %", "times fewer", "all of the top 1 %", "times fewer"] if one else []
    head += ["mean hypervolume" if not one else "mean best found", "hemml is ahead by", "s a batch"]
    lines = [
        f"**{pool['label'][0].upper()}{pool['label'][1:]}** (`{name}`): {pool['rows']:,} rows, {pool['budget']} "
        f"experiments, {pool['start']} of them random at the start, batches of {pool['batch']}.",
        "",
        f"| {' | '.join(head)} |",
        f"|{' --- |' * len(head)}",
    ]
    lines += [_line(one, pool, key) for key in LABELS if key in pool["strategies"]]
    return "\n".join(lines)


def _line(one: bool, pool: Mapping[str, Any], key: str) -> str:
    told = pool["strategies"][key]
    cells = [f"**{LABELS[key]}**" if key == OURS else LABELS[key], str(told["seeds"])]
    cells += [_count(told, "experiments_to_90", pool["budget"]), _times(key, told["acceleration_to_90"])]
    if one:
        (top,) = (of_objective["1_percent"] for of_objective in told["top"].values())
        for share in ("first", "all"):
            cells += [
                _count(top, f"experiments_to_{share}", pool["budget"]),
                _times(key, top[f"acceleration_to_{share}"]),
            ]
    value, low, high = told["mean_hypervolume"]
    cells.append(f"{value:.3f} ({low:.3f} to {high:.3f})")
    ahead = told.get("hemml_ahead_by")
    cells.append("" if ahead is None else f"{ahead[0]:+.3f} ({ahead[1]:+.3f} to {ahead[2]:+.3f})")
    seconds = told.get("seconds_a_batch")
    cells.append("" if seconds is None or key == "random" else f"{seconds:.2f}")
    return f"| {' | '.join(cells)} |"


def _count(told: Mapping[str, Any], key: str, budget: int) -> str:
    value, ends = told[key], told[f"{key}_band"]
    beyond = f"over {budget}"
    band = " to ".join(dict.fromkeys(beyond if end is None else f"{end:g}" for end in ends))
    shown = beyond if value is None else f"{value:g}"
    return shown if band == shown else f"{shown} ({band})"


def _times(key: str, band: list[float | None]) -> str:
    if key == "random":
        return ""
    value, low, high = band
    if not value:
        return f"not reached{f' (at best {high:.1f})' if high else ''}"
    return f"{value:.1f} ({low or 0:.1f} to {high or 0:.1f})"


def _settings(results: Mapping[str, Any]) -> str:
    """Versions and circumstances, one line a strategy where all pools agree."""
    lines = ["Medians over seeds; in brackets: 95 % intervals over resampled seeds.", ""]
    for key, label in LABELS.items():
        said: dict[str, list[str]] = {}
        for name, pool in results["pools"].items():
            if key in pool["strategies"]:
                said.setdefault(_how(pool["strategies"][key]), []).append(name)
        for how, names in said.items():
            where = "" if len(said) == 1 else f" on {', '.join(names)}"
            lines.append(f"- {label}{where}: {how}.")
    return "\n".join(lines)


def _how(told: Mapping[str, Any]) -> str:
    commit, _, changes = str(told.get("commit", "")).partition("+")
    parts = [", ".join(f"{name} {number}" for name, number in sorted(told.get("versions", {}).items()))]
    parts += [str(told[name]) for name in ("date", "machine") if name in told]
    parts += [f"commit {commit[:12]}{f' with {changes}' if changes else ''}"] if commit else []
    return "; ".join(part for part in parts if part)
