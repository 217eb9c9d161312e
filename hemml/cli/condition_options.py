"""The options that state test conditions, the same in every command that predicts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from hemml.cli.model_choice import MODELS_HELP
from hemml.columns import ROLES, WORKING_IONS, Column

if TYPE_CHECKING:
    from hemml.cli.conditions import Texts

Ion: TypeAlias = Annotated[
    str,
    typer.Option(
        "--ion",
        metavar="ION",
        help=f"Working ion: {', '.join(WORKING_IONS)}. Found in the formula, or assumed, if not given.",
    ),
]
Role: TypeAlias = Annotated[
    str, typer.Option("--role", metavar="ROLE", help=f"Electrode in the cell: {' or '.join(ROLES)}.")
]
Family: TypeAlias = Annotated[
    str, typer.Option("--family", metavar="NAME", help="Structural family, such as spinel or layered_oxide.")
]
Current: TypeAlias = Annotated[str, typer.Option("--current", metavar="mA/g", help="Current density in mA/g.")]
CRate: TypeAlias = Annotated[str, typer.Option("--c-rate", metavar="C", help="Or the C-rate.")]
Window: TypeAlias = Annotated[
    tuple[str, str], typer.Option("--window", metavar="LOW HIGH", help="Test window in V against the ion's metal.")
]
Cycles: TypeAlias = Annotated[str, typer.Option("--cycles", metavar="N", help="Cycles of the capacity retention.")]
Temperature: TypeAlias = Annotated[str, typer.Option("--temperature", metavar="degC", help="Temperature in degC.")]
Electrolyte: TypeAlias = Annotated[
    str, typer.Option("--electrolyte", metavar="TEXT", help="Electrolyte, such as '2 M ZnSO4'.")
]
Composite: TypeAlias = Annotated[bool, typer.Option("--composite", help="With carbon, a coating or a second phase.")]
Notes: TypeAlias = Annotated[
    str, typer.Option("--notes", metavar="TEXT", help="How the sample was treated, such as 'carbon-coated'.")
]
Models: TypeAlias = Annotated[Path | None, typer.Option("--models", metavar="DIR_OR_VERSION", help=MODELS_HELP)]


def given_conditions(
    *,
    ion: str,
    role: str,
    family: str,
    current: str,
    c_rate: str,
    window: tuple[str, str],
    cycles: str,
    temperature: str,
    electrolyte: str,
    composite: bool,
    notes: str,
) -> Texts:
    """The conditions that were given, checked by the rules of their columns.

    Raises:
        InputError: One or more cannot be used; the message names the options and says what to write.
    """
    from hemml.cli.conditions import check_conditions

    return check_conditions(
        {
            Column.WORKING_ION: ion,
            Column.ROLE: role,
            Column.FAMILY: family,
            Column.CAPACITY_CURRENT: current,
            Column.CAPACITY_C_RATE: c_rate,
            Column.VOLTAGE_MIN: window[0],
            Column.VOLTAGE_MAX: window[1],
            Column.RETENTION_CYCLES: cycles,
            Column.TEMPERATURE: temperature,
            Column.ELECTROLYTE: electrolyte,
            Column.IS_COMPOSITE: "1" if composite else "",
            Column.NOTES: notes,
        }
    )
