"""`hemml models`: which models there are, what they are worth, and which of them is the champion."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hemml.cli.output import console, print_json
from hemml.cli.stores import StoreOption, check_store, chosen
from hemml.errors import BundleError, HemmlError

if TYPE_CHECKING:
    from hemml.tracking.located import Located

models_app = typer.Typer(
    help="List, describe and compare models, and choose the champion.", no_args_is_help=True, rich_markup_mode=None
)

_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
_NAMES = "a version, an alias such as champion, a folder of bundles, or default for the models that come with hemml"


@models_app.command("list")
def list_models(store: StoreOption = "", as_json: _AsJson = False) -> None:
    """List the models that come with hemml and the registered versions, with their scores on unseen papers."""
    from hemml.cli.model_table import model_table, registered, shipped

    found = chosen(store)
    if store:
        check_store(found)
    there = found.database is None or found.database.is_file()
    entries = [shipped(), *(registered(found) if there else [])]
    if as_json:
        print_json(entries)
        return
    console().print(model_table(entries))
    if len(entries) == 1:
        typer.echo(f"No training is registered in {found}; train with python -m hemml.train.")


@models_app.command()
def card(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=f"{_NAMES[0].upper()}{_NAMES[1:]}.")] = "default",
    store: StoreOption = "",
    as_json: _AsJson = False,
) -> None:
    """Show the cards of a model: what each target learned from, its scores on unseen papers, its limits."""
    from hemml.models.bundle import CARD
    from hemml.tracking.located import located

    with located(model, chosen(store)) as place:
        cards = {
            str(target): _printable((place.folder / target / CARD).read_text(encoding="utf-8"))
            for target in _metadata(place)
        }
        name = place.name
    if as_json:
        print_json({"model": name, "cards": cards})
        return
    text = "\n".join(cards.values())
    out = console()
    if out.is_terminal:
        from rich.markdown import Markdown

        out.print(Markdown(text))
    else:
        typer.echo(text, nl=False)


@models_app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help=f"One model: {_NAMES}.", show_default=False)],
    second: Annotated[str, typer.Argument(metavar="B", help="The other.", show_default=False)],
    store: StoreOption = "",
    as_json: _AsJson = False,
) -> None:
    """Set the scores of two models side by side, with 95 % intervals, and say whether they differ beyond these.

    No model is called better where the two were not scored on the same rows in the same folds.
    """
    from hemml.cli.model_comparison import compare_models, print_comparison
    from hemml.tracking.located import located

    where = chosen(store)
    with located(first, where) as one:
        name, about = one.name, _metadata(one)
    with located(second, where) as two:
        found = compare_models((name, about), (two.name, _metadata(two)))
    if as_json:
        print_json(found)
    else:
        print_comparison(found)
    for warning in found["warnings"]:
        typer.echo(f"warning: {warning}", err=True)


@models_app.command()
def promote(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Number or alias.", show_default=False)],
    store: StoreOption = "",
    as_json: _AsJson = False,
) -> None:
    """Make a registered version the champion, the one that is served; a version that cannot be used is refused."""
    from hemml.tracking.connection import connected
    from hemml.tracking.registry import CHAMPION, bundles_of, find
    from hemml.tracking.registry import promote as make_champion

    where = chosen(store)
    check_store(where)
    with connected(where) as client:
        chosen_version = find(client, version)
        with bundles_of(client, chosen_version) as folder:
            targets = _try_out(folder, chosen_version.number)
        before = make_champion(client, chosen_version)
    number = chosen_version.number
    if as_json:
        print_json({CHAMPION: number, "replaced": None if before == number else before, "targets": targets})
    elif before == number:
        typer.echo(f"Version {number} is the champion already.")
    else:
        instead = "there was none before" if before is None else f"in place of version {before}"
        typer.echo(f"Version {number} is the champion now, {instead}. It predicts {', '.join(targets)}.")


def _metadata(place: Located) -> Mapping[str, Mapping[str, Any]]:
    """Metadata of the bundles of a model, by target.

    Raises:
        BundleError: There is none, or one cannot be read.
    """
    from hemml.columns import TARGETS
    from hemml.models.bundle import read_metadata

    found = {str(t): read_metadata(place.folder / t) for t in TARGETS if (place.folder / t).is_dir()}
    if not found:
        raise BundleError(
            f"model {place.name}: must be a folder with a bundle a target ({', '.join(TARGETS)}), got none in "
            f"{str(place.folder)!r}; name the folder that python -m hemml.train wrote"
        )
    return found


def _try_out(folder: Path, number: int) -> list[str]:
    """Load the bundles of a version and predict with them; the targets.

    Raises:
        BundleError: They do not load or do not predict; the champion stays what it is.
    """
    from hemml.models.prediction import Predictor
    from hemml.tracking.served_rows import predict_rows

    try:
        predictor = Predictor.load(folder)
        predict_rows(predictor, [{"formula": "NaMnO2"}], level=0.5)
    except HemmlError as err:
        raise BundleError(
            f"version {number} cannot become the champion, it cannot be used: {err}; the champion is unchanged"
        ) from err
    return [str(target) for target in predictor.targets]


def _printable(text: str) -> str:
    """Text without control characters, which must not reach a terminal."""
    return "".join(c for c in text if c.isprintable() or c == "\n")
