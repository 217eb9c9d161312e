"""`hemml explain`: why a prediction is what it is, and what each element does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemml.cli.condition_options import (
    Composite,
    CRate,
    Current,
    Cycles,
    Electrolyte,
    Family,
    Ion,
    Models,
    Notes,
    Role,
    Temperature,
    Window,
    given_conditions,
)
from hemml.cli.model_choice import load_predictor
from hemml.columns import ROLES, TARGETS, Column
from hemml.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.prediction import Predictor

_ROWS_SHOWN = 3


def explain(
    formula: Annotated[
        str, typer.Argument(metavar="FORMULA", help="The electrode; leave out with --elements.", show_default=False)
    ] = "",
    line: Annotated[
        str, typer.Option("--line", metavar="FORMULA2", help="Predict the compositions between FORMULA and this one.")
    ] = "",
    steps: Annotated[int, typer.Option("--steps", metavar="N", help="Compositions on the line, ends included.")] = 11,
    elements: Annotated[
        bool, typer.Option("--elements", help="Average effect of each element on published hosts of --ion.")
    ] = False,
    target: Annotated[
        str, typer.Option("--target", metavar="NAME", help=f"Show this target alone: {', '.join(TARGETS)}.")
    ] = "",
    ion: Ion = "",
    role: Role = "",
    family: Family = "",
    current: Current = "",
    c_rate: CRate = "",
    window: Window = ("", ""),
    cycles: Cycles = "",
    temperature: Temperature = "",
    electrolyte: Electrolyte = "",
    composite: Composite = False,
    notes: Notes = "",
    level: Annotated[
        float, typer.Option("--level", metavar="P", help="Probability that an interval covers the value.")
    ] = 0.9,
    models: Models = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the whole table of swaps, line or effects here.")
    ] = None,
    output_file: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="With --elements: PNG file for the periodic table.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Explain a prediction: what each physical idea adds, and what swapping each element would change.

    With --line, predictions between two compositions; with --elements, the average effect of each element on published
    hosts of an ion. All of it is what the models learned from literature, not what causes what.
    """
    from hemml.cli.explanation_files import check_files

    if not 0 < level < 1:
        raise InputError(f"--level must be above 0 and below 1, got {level:g}")
    if target and target not in TARGETS:
        raise UnknownNameError("target", target, TARGETS)
    _check_modes(formula, line, elements=elements, output_file=output_file, ion=ion)
    check_files(csv_file, output_file)
    conditions = given_conditions(
        ion=ion,
        role=role,
        family=family,
        current=current,
        c_rate=c_rate,
        window=window,
        cycles=cycles,
        temperature=temperature,
        electrolyte=electrolyte,
        composite=composite,
        notes=notes,
    )
    if elements:
        if others := [str(name) for name in conditions if name not in (Column.WORKING_ION, Column.ROLE)]:
            raise InputError(
                f"--elements takes hosts under their own test conditions, got {others[0]}; leave conditions out, "
                "--ion and --role apart"
            )
        _elements(ion, role, target, level, models, csv_file, output_file, as_json=as_json)
        return
    from hemml.cli.formula_frame import formula_frame

    frame = formula_frame([formula], conditions)
    predictor = _predictor(models, target)
    if line:
        _line(predictor, frame, line, steps, level, csv_file, as_json=as_json)
    else:
        _formula(predictor, frame, level, csv_file, as_json=as_json)


def _check_modes(formula: str, line: str, *, elements: bool, output_file: Path | None, ion: str) -> None:
    if elements and (formula or line):
        raise InputError(f"--elements looks at published hosts, got the formula {formula or line!r} too; leave it out")
    if elements and not ion:
        raise InputError("--elements must have the working ion, got none; add --ion, such as --ion Zn")
    if not elements and not formula:
        raise InputError("nothing to explain; give a formula, or --elements with --ion")
    if output_file is not None and not elements:
        raise InputError("--output is the picture of --elements; write a table with --csv FILE")


def _predictor(models: Path | None, target: str) -> Predictor:
    from hemml.models.prediction import Predictor

    predictor = load_predictor(models)
    if not target:
        return predictor
    if target not in predictor.bundles:
        raise UnknownNameError("target of these models", target, predictor.targets)
    return Predictor({column: bundle for column, bundle in predictor.bundles.items() if column == target})


def _formula(predictor: Predictor, frame: pd.DataFrame, level: float, csv_file: Path | None, *, as_json: bool) -> None:
    from hemml.cli.explanation_files import write_table
    from hemml.cli.explanation_report import contribution_values, print_contributions, print_swaps
    from hemml.cli.output import print_json
    from hemml.explanation.contributions import contributions
    from hemml.explanation.swaps import swap_table

    found = contribution_values(contributions(predictor, frame))
    table = swap_table(predictor, frame, level)
    write_table(csv_file, table)
    if as_json:
        formula = str(frame[Column.FORMULA].iloc[0])
        print_json({"formula": formula, "level": level, "contributions": found, "swaps": _records(table)})
        return
    print_contributions(str(frame[Column.FORMULA].iloc[0]), found)
    print_swaps(predictor, table, level, _ROWS_SHOWN)


def _line(
    predictor: Predictor,
    frame: pd.DataFrame,
    end: str,
    steps: int,
    level: float,
    csv_file: Path | None,
    *,
    as_json: bool,
) -> None:
    from hemml.cli.explanation_files import write_table
    from hemml.cli.explanation_report import print_line
    from hemml.cli.output import print_json
    from hemml.explanation.line import line_table

    table = line_table(predictor, frame, end, steps, level)
    write_table(csv_file, table)
    if as_json:
        print_json({"level": level, "line": _records(table)})
    else:
        print_line(predictor.targets, table, level)


def _elements(
    ion: str,
    role: str,
    target: str,
    level: float,
    models: Path | None,
    csv_file: Path | None,
    output_file: Path | None,
    *,
    as_json: bool,
) -> None:
    from hemml.cli.explanation_files import write_figure, write_table
    from hemml.cli.explanation_report import print_effects
    from hemml.cli.output import print_json
    from hemml.explanation.element_effects import element_effects
    from hemml.explanation.periodic_figure import periodic_table_figure

    if output_file is not None and not target:
        raise InputError(f"--output shows one target, got none; add --target, one of {', '.join(TARGETS)}")
    predictor = _predictor(models, target)
    table = element_effects(predictor, ions=(ion,), roles=(role,) if role else ROLES, level=level)
    write_table(csv_file, table)
    if output_file is not None:
        write_figure(output_file, periodic_table_figure(table, target, ion, role))
    if as_json:
        print_json({"level": level, "effects": _records(table)})
    else:
        print_effects(table, level)


def _records(table: pd.DataFrame) -> list[Mapping[str, object]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
