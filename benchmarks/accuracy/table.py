"""The results as Markdown, put between two markers of a page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from methods import LABELS

from hemml.errors import InputError
from hemml.files import atomic_write_text

BEGIN, END = "<!-- accuracy:begin -->", "<!-- accuracy:end -->"
_HEAD: Final = (
    "| method | MAE | skill | Spearman | hemml's MAE is lower by | time, s |",
    "| --- | --- | --- | --- | --- | --- |",
)


def markdown(results: Mapping[str, Any]) -> str:
    """Every task as a table, then settings and versions."""
    blocks = [_task_block(task) for task in results["tasks"].values()]
    return "\n\n".join([*blocks, _settings(results)])


def put_between_markers(page: Path, text: str, begin: str = BEGIN, end: str = END) -> None:
    """Replace what stands between the markers of a page.

    Raises:
        InputError: The page lacks a marker.
    """
    written = page.read_text(encoding="utf-8")
    if not 0 <= written.find(begin) < written.find(end):
        raise InputError(f"{page.name}: must hold the lines {begin} and {end} in this order; add them")
    before, rest = written.split(begin, 1)
    atomic_write_text(page, f"{before}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}")


def _task_block(task: Mapping[str, Any]) -> str:
    lines = [
        f"**{task['label'][0].upper()}{task['label'][1:]}**: {task['n']:,} rows, {task['n_groups']:,} "
        f"{task['grouped_by']}, {task['folds']} folds; skill against the {task['reference_name']}.",
        "",
        *_HEAD,
    ]
    digits = _digits(task)
    entries = ((name, task["methods"][name]) for name in LABELS if name in task["methods"])
    lines.extend(_line(name, entry, digits, all_folds=task["folds"]) for name, entry in entries)
    return "\n".join(lines)


def _line(name: str, entry: Mapping[str, Any], digits: int, *, all_folds: int) -> str:
    if "failed" in entry:
        return f"| {LABELS[name]} | {entry['failed'].replace('|', '/')} | | | | |"
    partly = "" if len(entry["folds"]) == all_folds else f" ({len(entry['folds'])} of {all_folds} folds)"
    ours = name == "hemml"
    lower = entry["lower_by"]
    cells = (
        f"**{LABELS[name]}**{partly}" if ours else LABELS[name] + partly,
        _cell(entry, "mae", digits),
        "" if name == "reference" else _cell(entry, "skill", 2),
        _cell(entry, "spearman", 2),
        "" if lower is None else f"{lower[0]:.0%} ({lower[1]:.0%} to {lower[2]:.0%})".replace("%", " %"),
        f"{sum(entry['seconds']):.0f}" if "seconds" in entry else "",
    )
    return f"| {' | '.join(cells)} |"


def _cell(entry: Mapping[str, Any], metric: str, digits: int) -> str:
    value, ends = entry["scores"].get(metric), entry["intervals"].get(metric)
    if value is None:
        return "not defined"
    interval = "" if ends is None else f" ({ends[0]:.{digits}f} to {ends[1]:.{digits}f})"
    return f"{value:.{digits}f}{interval}"


def _digits(task: Mapping[str, Any]) -> int:
    return {"V": 3, "mAh/g": 1, "%": 2}.get(task["unit"], 3)


def _settings(results: Mapping[str, Any]) -> str:
    """How each method's predictions were made; one line for all tasks where they agree."""
    lines: list[str] = []
    for name in LABELS:
        entries = [task["methods"][name] for task in results["tasks"].values() if name in task["methods"]]
        said = dict.fromkeys(_how(entry) for entry in entries if "versions" in entry)
        lines.extend(f"- {LABELS[name]}: {how}" for how in said)
    return "\n".join(["In brackets: 95 % intervals over resampled papers or host systems.", "", *lines])


def _how(entry: Mapping[str, Any]) -> str:
    commit, _, changes = str(entry.get("commit", "none")).partition("+")
    made = f"{entry.get('date', 'no date')}, {entry.get('machine', 'no machine')}, commit {commit[:12]}"
    packages = ", ".join(f"{package} {number}" for package, number in sorted(entry["versions"].items()))
    settings = ", ".join(f"{key} {str(value).replace('|', '/')}" for key, value in entry["settings"].items())
    return f"{settings}; {packages}; {made}{' with ' + changes if changes else ''}."
