"""Models as `hemml models list` shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from hemml.cli.output import number
from hemml.columns import TARGETS

if TYPE_CHECKING:
    from rich.table import Table

    from hemml.tracking.registry import Version
    from hemml.tracking.store import Store

SCORES: Final = ("mae", "skill")
_HASH: Final = 8
_DATE: Final = len("2026-01-31")
_NONE: Final = "-"


def shipped() -> dict[str, Any]:
    """The models that come with hemml."""
    from hemml.data import resource_path
    from hemml.models.bundle import read_metadata

    folder = resource_path("models", "default")
    found = {target: read_metadata(folder / target) for target in TARGETS if (folder / target).is_dir()}
    first: Mapping[str, Any] = next(iter(found.values()), {})
    return {
        "model": "default",
        "version": None,
        "aliases": [],
        "registered": None,
        "data": first.get("data"),
        "data_sha256": first.get("data_sha256"),
        "git_commit": first.get("git_commit"),
        "targets": {str(target): scores(about) for target, about in found.items()},
    }


def scores(about: Mapping[str, Any]) -> dict[str, Any]:
    """MAE and skill of a bundle with their 95 % intervals, from its metadata."""
    values: dict[str, Any] = {}
    for name in SCORES:
        values[name] = about.get("scores", {}).get(name)
        values[f"{name}_95"] = about.get("score_intervals_95", {}).get(name)
    return {**values, "has_skill": about.get("has_skill")}


def registered(store: Store) -> list[dict[str, Any]]:
    """The registered versions of a store, the newest first."""
    from hemml.tracking.connection import connected
    from hemml.tracking.registry import versions

    with connected(store) as client:
        return [_entry(version) for version in versions(client)]


def _entry(version: Version) -> dict[str, Any]:
    tags = version.tags
    return {
        "model": f"version {version.number}",
        "version": version.number,
        "aliases": list(version.aliases),
        "registered": version.registered.isoformat(timespec="seconds"),
        "data": tags.get("hemml.data"),
        "data_sha256": tags.get("hemml.data_sha256"),
        "git_commit": tags.get("hemml.git_commit"),
        "targets": {str(target): _scores(tags, target) for target in TARGETS if f"{target}.mae" in tags},
    }


def _scores(tags: Mapping[str, str], target: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in SCORES:
        value, *ends = (tags.get(f"{target}.{key}") for key in (name, f"{name}_low", f"{name}_high"))
        values[name] = None if value is None else float(value)
        values[f"{name}_95"] = None if None in ends else [float(end or "nan") for end in ends]
    return {**values, "has_skill": tags.get(f"{target}.has_skill") == "true"}


def model_table(entries: Sequence[Mapping[str, Any]]) -> Table:
    """One line a model and target."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("model", "alias", "registered", "data", "target", "MAE (95 %)", "skill (95 %)"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        for cells in _lines(entry):
            table.add_row(*(Text(cell) for cell in cells))
    return table


def _lines(entry: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    sha = (entry["data_sha256"] or "")[:_HASH]
    when = (entry["registered"] or "with hemml")[:_DATE]
    head: tuple[str, ...] = (entry["model"], ", ".join(entry["aliases"]), when, sha)
    units = {str(target): target.unit for target in TARGETS}
    for target, about in entry["targets"].items():
        mae = shown(about["mae"], about["mae_95"], units[target])
        yield (*head, target, mae, _skill(about))
        head = ("",) * len(head)


def _skill(about: Mapping[str, Any]) -> str:
    value, ends = about["skill"], about["skill_95"]
    if value is None:
        return _NONE
    interval = "" if ends is None else f" ({ends[0]:.2f} to {ends[1]:.2f})"
    return f"{value:.2f}{interval}" if about["has_skill"] else f"none{interval}"


def shown(value: float | None, interval: Sequence[float] | None, unit: str = "") -> str:
    """A score with its interval and unit."""
    if value is None:
        return _NONE
    ends = "" if interval is None else f" ({number(interval[0], 3)} to {number(interval[1], 3)})"
    return f"{number(value, 3)}{ends} {unit}".rstrip()
