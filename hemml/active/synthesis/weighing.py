"""From a composition and a batch size to a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hemml.active.synthesis.balance import BalanceError, balance
from hemml.active.synthesis.choice import FERRATE_3_BELOW, Task, costs, ferrate_charge, permitted
from hemml.active.synthesis.precursors import Precursor, components
from hemml.active.synthesis.procedure import reagents_for, steps_for
from hemml.active.synthesis.recipe import Recipe, Weighing
from hemml.active.synthesis.routes import Route, choose_route, group_of
from hemml.active.synthesis.settings import RecipeSettings
from hemml.composition import CompositionBatch, Material
from hemml.errors import InputError

FINE_MG: Final = 5.0
"""Below this mass a step of 0.1 mg is more than 1 % (rounding to either side)."""
_DEFAULT: Final = RecipeSettings()
_WET: Final = ("co_precipitation", "cyanide_precipitation", "hydrothermal")
_USED: Final = 1e-12


def make_recipe(material: Material | str, family: str | None = None, settings: RecipeSettings = _DEFAULT) -> Recipe:
    """Choose precursors and work out their masses; the balance is exact, nothing is rounded.

    Args:
        material: The product; of a candidate its formula.
        family: One of `hemml.columns.FAMILIES`; None: found by rule.
        settings: Route, batch, excess, purities and precursors of the user.

    Raises:
        InputError: There is no route, an element has no precursor, or no amounts give the product; the message says
            what to add.
        FormulaError: The formula cannot be read.
        UnknownNameError: The family is unknown.
    """
    if isinstance(material, str):
        material = Material.parse(material)
    if family is None:
        from hemml.features.family import infer_family

        family = str(infer_family(CompositionBatch.from_materials([material]))[0])
    group = group_of(material, family)
    way = choose_route(group, settings.route)
    whole = components(material.formula, material.amounts)
    excess = _excess(way, group, settings, whole)
    task = _task(material, group, way, whole, excess)
    options = permitted(task, settings)
    try:
        balanced = balance(
            task.need, [one.components for one in options], costs(options, task.need), task.surplus & task.need.keys()
        )
    except BalanceError as err:
        raise InputError(_unbalanced(task, err)) from err
    product_mg = settings.batch_mg / settings.yield_fraction
    product_mmol = product_mg / material.molar_mass_g_mol
    used = [
        (one, float(moles) * product_mmol)
        for one, moles in zip(options, balanced.amounts, strict=True)
        if moles > _USED
    ]
    weighed = tuple(_weighing(one, mmol, "+".join(k for k in one.components if k in task.need)) for one, mmol in used)
    added = tuple(_weighing(one, mmol, "reagent") for one, mmol in reagents_for(task, used, settings))
    conditions = way.conditions_for(group)
    return Recipe(
        formula=material.formula,
        family=family,
        route=way.name,
        title=way.title,
        batch_mg=float(settings.batch_mg),
        product_mg=product_mg,
        molar_mass_g_mol=material.molar_mass_g_mol,
        precursors=weighed,
        reagents=added,
        excess_pct=excess,
        surplus_mmol=_surplus(task, used, product_mmol),
        exchange=way.exchange,
        conditions=conditions.text,
        sources=conditions.source,
        steps=steps_for(task, used, added),
        notes=_notes(task, weighed, settings),
    )


def recipe_or_reason(
    material: Material | str, family: str | None = None, settings: RecipeSettings = _DEFAULT
) -> tuple[Recipe | None, str]:
    """A recipe and "", or None and why there is none; arguments as for `make_recipe`."""
    try:
        return make_recipe(material, family, settings), ""
    except InputError as err:
        return None, str(err)


def _excess(way: Route, group: str, settings: RecipeSettings, whole: Mapping[str, float]) -> dict[str, float]:
    for symbol in settings.excess_pct:
        if symbol in way.free | way.surplus:
            raise InputError(
                f"synthesis.excess_pct.{symbol}: by route {way.name} {symbol} is not balanced, so it has no excess; "
                "leave it out"
            )
    percent = {**({} if group in way.mild else way.excess_pct), **settings.excess_pct}
    return {symbol: float(percent[symbol]) for symbol in whole if percent.get(symbol)}


def _task(material: Material, group: str, way: Route, whole: Mapping[str, float], excess: Mapping[str, float]) -> Task:
    free = set(way.free) - ({"S", "Cl"} & whole.keys())
    strange = {"C", "N"} & whole.keys() & free
    ammonium = sum(site.amounts.get("NH4", 0.0) for site in material.of_kind("molecule"))
    if way.name in _WET and abs(whole.get("N", 0.0) - ammonium) < 1e-9:
        strange -= {"N"}
    if strange:
        raise InputError(
            f"recipe for {material.formula} by route {way.name}: carbon and nitrogen of the product must be cyanide in "
            f"a hexacyanometallate, got {' and '.join(sorted(strange))} besides; work without recipe"
        )
    surplus = way.surplus & whole.keys()
    if way.surplus and not surplus:
        free |= way.surplus
    need = {name: amount * (1.0 + excess.get(name, 0.0) / 100.0) for name, amount in whole.items() if name not in free}
    return Task(material, group, way, need, frozenset(free), surplus)


def _weighing(one: Precursor, mmol: float, role: str) -> Weighing:
    mass = mmol * one.molar_mass_g_mol / one.purity
    return Weighing(one.name, one.formula, role, mmol, one.molar_mass_g_mol, one.purity, mass, one.hazards, one.note)


def _surplus(task: Task, used: list[tuple[Precursor, float]], product_mmol: float) -> dict[str, float]:
    left = {}
    for symbol in sorted(task.route.surplus):
        put_in = sum(mmol * one.components.get(symbol, 0.0) for one, mmol in used)
        rest = put_in - task.need.get(symbol, 0.0) * product_mmol
        if rest > 1e-9 * max(put_in, 1.0):
            left[symbol] = rest
    return left


def _notes(task: Task, weighed: tuple[Weighing, ...], settings: RecipeSettings) -> tuple[str, ...]:
    notes = ["Conditions are typical ranges: starting points, not a validated procedure."]
    charge = ferrate_charge(task.material)
    if charge is not None and "Fe(CN)6" in task.need and "Fe(CN)6" not in settings.precursors:
        state = "III" if charge < FERRATE_3_BELOW else "II"
        notes.append(
            f"Hexacyanoferrate({state}), since the formula leaves {charge:.2f} charges for each when the metals on "
            "nitrogen have two; name another under `precursors` if that is not meant."
        )
    fine = [one.formula for one in weighed if one.mass_mg < FINE_MG]
    if fine:
        notes.append(
            f"Less than {FINE_MG:g} mg of {', '.join(fine)}: rounding to 0.1 mg is an error of 1 % or more; make a "
            "larger batch or weigh from a stock solution."
        )
    unknown = [one.formula for one in weighed if one.note.startswith("not in hemml's table")]
    if unknown:
        notes.append(f"Not in hemml's table: {', '.join(unknown)}. Set the purity; read the safety data sheet.")
    return tuple(notes)


def _unbalanced(task: Task, err: BalanceError) -> str:
    closed = (
        ""
        if task.route.is_open
        else "the vessel is closed, so the precursors' oxidation states must average to the product's; "
    )
    return (
        f"recipe for {task.material.formula} by route {task.route.name}: precursors must add up to the product "
        f"exactly, got {err}; {closed}add a precursor for {err.component} to `precursors` of the space's synthesis "
        "block, or choose another route"
    )
