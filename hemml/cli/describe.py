"""`hemml describe`: sublattices, oxidation states and descriptors of one formula."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hemml.columns import WORKING_IONS

if TYPE_CHECKING:
    from rich.console import Console

    from hemml.features import Feature


def describe(
    formula: Annotated[
        str, typer.Argument(metavar="FORMULA", help="Such as '(Co0.2Cu0.2Mg0.2Ni0.2Zn0.2)O'.", show_default=False)
    ],
    ion: Annotated[
        str,
        typer.Option(
            "--ion", metavar="ION", help=f"Working ion: {', '.join(WORKING_IONS)}. Found in the formula if not given."
        ),
    ] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Add definition, unit and source of each feature.")
    ] = False,
    show_all: Annotated[bool, typer.Option("--all", help="Show the statistics of element properties too.")] = False,
    mobile: Annotated[
        list[str] | None,
        typer.Option("--mobile", metavar="SPECIES", help="Put this species on the mobile sublattice (repeatable)."),
    ] = None,
    cation: Annotated[
        list[str] | None,
        typer.Option("--cation", metavar="SPECIES", help="Put this species on the cation sublattice (repeatable)."),
    ] = None,
    anion: Annotated[
        list[str] | None,
        typer.Option("--anion", metavar="SPECIES", help="Put this species on the anion sublattice (repeatable)."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of text; all features are in it.")
    ] = False,
) -> None:
    """Describe a formula: sublattices, oxidation states, entropy and all other descriptors, with units."""
    from hemml.cli.description import definitions, describe_material, main_features
    from hemml.cli.output import console, print_json
    from hemml.composition import Material
    from hemml.features import FeatureSet

    material = Material.parse(formula, ion or None, mobile=mobile, cation=cation, anion=anion)
    features = FeatureSet.default() if as_json or show_all else main_features()
    about = describe_material(material, features)
    if as_json:
        print_json({**about, "definitions": definitions(features.features)} if explain else about)
        return
    out = console()
    _print_material(out, about)
    for group, members in groupby(features.features, key=lambda feature: feature.group):
        _print_group(out, group, list(members), about["features"], explain=explain)


def _print_material(out: Console, about: dict[str, Any]) -> None:
    from rich.table import Table

    from hemml.cli.output import amounts, number

    out.print(about["formula"], style="bold")
    entropy = about["features"]["S_config_cation_R"]
    where = "alloy" if "alloy" in about["sublattices"] else "cation"
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    table.add_row("entropy class", f"{about['entropy_class']} ({number(entropy)} R on the {where} sites)")
    table.add_row("molar mass", f"{about['molar_mass_g_mol']:.2f} g/mol")
    table.add_row("working ion", about["working_ion"] or "none given, none found in the formula")
    for sublattice in about["sublattice_amounts"]:
        vacancy = sublattice["vacancy"]
        text = amounts(sublattice["amounts"]) + (f", vacancy {number(vacancy)}" if vacancy else "")
        table.add_row(f"{sublattice['label']} per formula", text)
    if about["oxidation_states"]:
        table.add_row("oxidation states", _states(about["oxidation_states"]))
        table.add_row("charge", _charge(about["residual_charge"]))
    for place, rule in enumerate(about["rules"]):
        table.add_row("read as" if place == 0 else "", rule)
    out.print(table)


def _states(states: dict[str, float]) -> str:
    from hemml.cli.output import number

    return ", ".join(f"{element} {number(charge)}+" for element, charge in states.items())


def _charge(residual: float) -> str:
    if abs(residual) < 1e-6:
        return "balanced"
    who = "anions and other charges demand more than the cations can give" if residual > 0 else "cations carry too much"
    return f"NOT balanced: {residual:+.4g} e per formula unit left ({who}); check the formula or the working ion"


def _print_group(out: Console, group: str, members: list[Feature], values: dict[str, float], *, explain: bool) -> None:
    from rich.table import Table

    from hemml.cli.output import number

    out.print()
    table = Table(
        title=group.replace("_", " "), title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0)
    )
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("feature", no_wrap=True)
    table.add_column("meaning", overflow="fold")
    for feature in members:
        value = values[feature.name]
        applies = value == value
        meaning = feature.label if applies else f"{feature.label}: does not apply (only to {feature.scope})"
        lines = [meaning]
        if explain:
            lines += [f"= {feature.formula}", f"source: {feature.reference}", f"applies to: {feature.scope}"]
        unit = feature.unit if applies else ""
        table.add_row(number(value) if applies else "-", unit, feature.name, "\n".join(lines))
    out.print(table)
