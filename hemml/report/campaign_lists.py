"""The sections of the report of a campaign that list: experiments, recipes, events, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hemml.active.event_text import event_text
from hemml.active.plain import from_plain
from hemml.active.progress import Progress, quantity_of, shown_quantities, status_text, value_text
from hemml.active.synthesis.recipe import Recipe
from hemml.report.parts import Cell, Part, Section, Table, source_cell

if TYPE_CHECKING:
    from hemml.active.store import CampaignState, Experiment, Recorded


@dataclass(frozen=True)
class RecipeNote:
    """Why an experiment was proposed and what to weigh; `anchor` is where links to it go."""

    anchor: str
    title: str
    text: tuple[str, ...]
    tables: tuple[Table, ...]


def experiments_section(state: CampaignState, progress: Progress) -> Section:
    """Every experiment, and what went wrong."""
    if not state.experiments:
        return Section("experiments", "Experiments", (), ("Nothing is proposed yet.",))
    names = shown_quantities(state, progress)
    header = ("Experiment", "Batch", "Formula", "Status", "Nearest record", *(quantity_of(n).heading for n in names))
    rows = [
        (
            Cell(one.id, f"#{_anchor(one)}") if one.proposal else one.id,
            "-" if one.batch is None else str(one.batch),
            one.formula,
            status_text(one),
            source_cell(str((one.proposal.get("nearest") or {}).get("doi", ""))),
            *(value_text(one, name, progress) for name in names),
        )
        for one in state.experiments.values()
    ]
    text = (
        "Measured values, in brackets as predicted. *: outside of the interval that was predicted; !: breaks a limit. "
        "An experiment links to why it was proposed and to its recipe.",
    )
    tables = (Table.of("All experiments", header, rows, 5),)
    return Section("experiments", "Experiments", tuple(_failures_part(state)), text, tables)


def recipes_of(state: CampaignState) -> tuple[RecipeNote, ...]:
    """One note a proposal.

    Raises:
        InputError: A stored recipe is none that hemml wrote.
    """
    return tuple(_note(one) for one in state.experiments.values() if one.proposal)


def events_section(recorded: Sequence[Recorded]) -> Section:
    """Everything that happened."""
    rows = [
        (str(one.sequence), f"{one.time:%Y-%m-%d %H:%M}", one.who or "-", one.event.kind, event_text(one.event))
        for one in recorded
    ]
    table = Table.of("Events, times in UTC", ("Event", "Time", "Who", "Kind", "What"), rows, 5)
    return Section("events", "Events", (), (), (table,))


def settings_section(state: CampaignState) -> Section:
    """Hashes of what the campaign rests on."""
    hashes = state.settings.get("hashes", {})
    rows = [("Design space", state.space_sha256)]
    if isinstance(hashes, Mapping):
        rows += [(f"Model {name}", str(value)) for name, value in hashes.items()]
    text = ("The space and the settings were frozen when the campaign began; so were the hashes of its models.",)
    return Section("settings", "Settings", (), text, (Table.of("SHA-256", ("Of", "Hash"), rows, 2),))


def _failures_part(state: CampaignState) -> list[Part]:
    rows = [
        (one.experiment, state.experiments[one.experiment].formula, one.failure.replace("_", " "), one.note or "-")
        for one in state.failures
    ]
    rows += [
        (one.id, one.formula, str(one.status), one.reason or "-") for one in state.experiments.values() if one.reason
    ]
    if not rows:
        return []
    table = Table.of("What failed, was skipped or withdrawn", ("Experiment", "Formula", "What", "Note"), rows, 4)
    return [Part("failures", "Failures, skipped and withdrawn", (), (), (table,))]


def _anchor(experiment: Experiment) -> str:
    return f"recipe-{experiment.id}"


def _note(experiment: Experiment) -> RecipeNote:
    about: Mapping[str, Any] = experiment.proposal
    text = [str(about["why"])] if about.get("why") else []
    nearest = about.get("nearest") or {}
    if nearest:
        text.append(f"Nearest published record: {nearest.get('formula', '')}, {nearest.get('doi', '')}.")
    chances = [
        f"{name.replace('_', ' ')} {100 * float(value):.0f} %" for name, value in about.get("probabilities", {}).items()
    ]
    if chances:
        text.append(f"Probabilities when proposed: {', '.join(chances)}.")
    tables: tuple[Table, ...] = ()
    if about.get("recipe"):
        recipe = from_plain(Recipe, about["recipe"], f"recipe of {experiment.id}")
        text.append(f"{recipe.title}; {recipe.conditions}")
        tables = (_weighings(recipe),)
    else:
        text.append(f"No recipe: {about.get('no_recipe') or 'none was stored'}.")
    return RecipeNote(_anchor(experiment), f"{experiment.id}  {experiment.formula}", tuple(text), tables)


def _weighings(recipe: Recipe) -> Table:
    rows = [
        (one.name, one.formula, one.role, f"{100 * one.purity:g} %", f"{one.mass_mg:.1f}")
        for one in (*recipe.precursors, *recipe.reagents)
    ]
    caption = f"To weigh for {recipe.batch_mg:g} mg of {recipe.formula}"
    return Table.of(caption, ("Substance", "Formula", "For", "Purity", "Mass (mg)"), rows, 3)
