"""Reagents and steps of a recipe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from hemml.active.synthesis.choice import Task, as_labelled
from hemml.active.synthesis.precursors import Precursor, reagent
from hemml.active.synthesis.recipe import Weighing
from hemml.active.synthesis.routes import CYANIDE_ROUTE, Reagent
from hemml.active.synthesis.settings import RecipeSettings
from hemml.errors import UnknownNameError

_SOLUBLE: Final = ("nitrate", "sulfate", "chloride", "acetate")
_NONMETALS: Final = frozenset({"H", "B", "C", "N", "O", "F", "P", "S", "Cl", "Se", "Te", "Br", "I"})
_FIELD: Final = re.compile(r"\{([^{}]+)\}")

Used = Sequence[tuple[Precursor, float]]


def reagents_for(task: Task, used: Used, settings: RecipeSettings) -> Iterator[tuple[Precursor, float]]:
    """Reagents with their amounts in mmol.

    Args:
        task: What is made.
        used: Precursors with their amounts in mmol.
        settings: May change the ratios.

    Raises:
        UnknownNameError: A ratio is set for a reagent that the route does not have.
    """
    names = [one.name for one in task.route.reagents]
    for name in settings.ratios:
        if name not in names:
            raise UnknownNameError(f"reagent of route {task.route.name}", name, names or ["none"])
    for one in task.route.reagents:
        if _applies(one, task, used):
            mmol = settings.ratios.get(one.name, one.ratio) * _counted(one.per, task, used)
            if mmol > 0:
                yield as_labelled(reagent(one.name), settings), mmol


def steps_for(task: Task, used: Used, added: Sequence[Weighing]) -> tuple[str, ...]:
    """The steps of the route with names, masses and conditions filled in.

    Args:
        task: What is made.
        used: Precursors with their amounts in mmol.
        added: Reagents as weighed.
    """
    split = _dissolved(task, used)
    fields = {
        "all": ", ".join(one.formula for one, _ in used),
        "dissolved": ", ".join(one.formula for one in split),
        "mixed": ", ".join(one.formula for one, _ in used if one not in split),
        "conditions": task.route.conditions_for(task.group).text,
        **{one.name: f"{one.name} ({one.mass_mg:.1f} mg)" for one in added},
    }
    return tuple(
        _FIELD.sub(lambda match: fields.get(match[1]) or "nothing", step.text)
        for step in task.route.steps
        if not step.needs or fields.get(step.needs)
    )


def _applies(one: Reagent, task: Task, used: Used) -> bool:
    held = task.material.amounts
    return (
        (not one.only or task.group in one.only)
        and (not one.needs or any(precursor.formula == one.needs for precursor, _ in used))
        and (not one.alkali or one.alkali in held)
        and (not one.unless_alkali or one.unless_alkali not in held)
    )


def _counted(per: str, task: Task, used: Used) -> float:
    """The mmol that a ratio is counted on."""
    if per == "metal":
        return sum(mmol * _metals(one) for one, mmol in used)
    split = _dissolved(task, used)
    if per == "dissolved":
        return sum(mmol * _metals(one) for one, mmol in used if one in split)
    if per == "charge":
        return sum(mmol * _charge(one) for one, mmol in used if one in split)
    return sum(mmol * one.atoms.get(per, 0.0) for one, mmol in used)


def _dissolved(task: Task, used: Used) -> list[Precursor]:
    """What goes into the solution of metals: salts of the metals that stay, not alkali and not hexacyanometallates."""
    alkali = {"Li", "Na", "K"} if task.route.name != CYANIDE_ROUTE else set()
    return [one for one, _ in used if one.kind in _SOLUBLE and one.element not in alkali]


def _metals(one: Precursor) -> float:
    return sum(amount for symbol, amount in one.atoms.items() if symbol not in _NONMETALS)


def _charge(one: Precursor) -> float:
    """Charge of the anions of a salt, the base that sets its metal free as hydroxide."""
    atoms = one.atoms
    if one.kind == "sulfate":
        return 2.0 * atoms["S"]
    return {"nitrate": atoms.get("N", 0.0), "chloride": atoms.get("Cl", 0.0), "acetate": atoms.get("C", 0.0) / 2.0}[
        one.kind
    ]
