"""`hemml campaign propose` and `export`: the next experiments, and any batch as files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hemml.cli.campaign_options import AcquisitionName, AsJson, CampaignFile, NoLog, StoreOption, acquisition_of, log
from hemml.cli.output import console, print_json
from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.active.export import SheetHeader
    from hemml.active.proposal import Proposal

_Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="Folder for the batch: CSV, JSON and lab sheets.",
        show_default=False,
    ),
]
_SUFFIXES = (".csv", ".json", ".html")


def propose(
    campaign: CampaignFile,
    batch: Annotated[int, typer.Option("--batch", "-n", help="Number of experiments.")] = 5,
    acquisition: AcquisitionName = "",
    output: _Output = None,
    store: StoreOption = "",
    no_log: NoLog = False,
    as_json: AsJson = False,
) -> None:
    """Propose the next experiments: formula, predictions with intervals, why, nearest published record, recipe.

    Proposals without a result yet count as pending and are not proposed again; see `hemml campaign observe --skip`.
    """
    began = time.perf_counter()
    from hemml.active.campaign import Campaign

    chosen_acquisition = acquisition_of(acquisition) if acquisition else None
    if output is not None:
        _check_folder(output)
    with Campaign.open(campaign) as opened:
        recorded, made = opened.propose(batch, acquisition=chosen_acquisition)
        state = opened.state()
        number = state.batches[-1].number
        proposals = opened.proposals(state, number)
        for name in opened.changed_models:
            typer.echo(f"warning: the model {name} is not the one that the campaign began with", err=True)
        from hemml.active.export import SheetHeader

        header = SheetHeader(opened.name, recorded.time.date(), str(number))
        files = _written(proposals, header, output) if output is not None else ()
        _log_batch(opened, number, proposals, made.model, files, header, store=store, skip=no_log, began=began)
    if as_json:
        print_json(
            {
                "campaign": str(campaign),
                "batch": number,
                "model": made.model,
                "note": made.note,
                "proposals": [one.to_json() for one in proposals],
                "files": [str(path) for path in files],
            }
        )
        return
    _print(proposals)
    out = console()
    out.print(f"model: {made.model}", soft_wrap=True)
    if made.note:
        out.print(f"note: {made.note}", soft_wrap=True)
    for path in files:
        out.print(f"written: {path}", soft_wrap=True)


def export(
    campaign: CampaignFile,
    output: Annotated[Path, typer.Argument(metavar="FILE", help="File to write: .csv, .json or .html (lab sheets).")],
    batch: Annotated[int, typer.Option("--batch", help="Number of the batch; 0: the newest.")] = 0,
    everything: Annotated[bool, typer.Option("--all", help="All batches.")] = False,
) -> None:
    """Write proposals as a table, as JSON, or as lab sheets to print."""
    from hemml.active.campaign import Campaign
    from hemml.active.export import SheetHeader

    if output.suffix.lower() not in _SUFFIXES:
        raise InputError(
            f"FILE {str(output)!r}: must end in {', '.join(_SUFFIXES)}, got {output.suffix or 'no ending'!r}; rename it"
        )
    if not output.resolve().parent.is_dir():
        raise InputError(f"FILE {str(output)!r}: must be in a folder that exists; make it first")
    with Campaign.open(campaign, read_only=True) as opened:
        state = opened.state()
        if not state.batches:
            raise InputError(f"campaign {opened.name!r}: must have a batch to export, got none; propose first")
        number = None if everything else (batch or state.batches[-1].number)
        proposals = opened.proposals(state, number)
        at = state.batches[(number or len(state.batches)) - 1].time
        header = SheetHeader(opened.name, at.date(), "all" if everything else str(number))
    _write(output, proposals, header)
    typer.echo(f"{len(proposals)} proposals written to {output}")


def _written(proposals: Sequence[Proposal], header: SheetHeader, folder: Path) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / f"batch_{header.batch}{suffix}" for suffix in _SUFFIXES)
    for path in paths:
        _write(path, proposals, header)
    return paths


def _write(path: Path, proposals: Sequence[Proposal], header: SheetHeader) -> None:
    from hemml.active.export import write_csv, write_json, write_lab_sheet

    suffix = path.suffix.lower()
    if suffix == ".csv":
        write_csv(path, proposals)
    elif suffix == ".json":
        write_json(path, proposals)
    else:
        write_lab_sheet(path, proposals, header)


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--output {str(folder)!r}: must be a folder, got a file; choose another name")


def _log_batch(
    campaign: Any,
    number: int,
    proposals: Sequence[Proposal],
    model: str,
    files: tuple[Path, ...],
    header: SheetHeader,
    *,
    store: str,
    skip: bool,
    began: float,
) -> None:
    """The run of a proposal carries its files, also where the user asked for none."""
    import tempfile

    about = {"batch": number, "formulas": [one.formula for one in proposals], "model": model}
    metrics = {"proposals": float(len(proposals)), "acquisition_max": max(one.acquisition for one in proposals)}
    with tempfile.TemporaryDirectory() as folder:
        kept = files or (() if skip else _written(proposals, header, Path(folder)))
        log(campaign, "propose", store=store, skip=skip, began=began, about=about, metrics=metrics, artifacts=kept)


def _print(proposals: Sequence[Proposal]) -> None:
    out = console()
    for one in proposals:
        out.print(f"{one.id}  {one.formula}", style="bold")
        out.print(f"      {one.why}", soft_wrap=True)
        if one.nearest is not None:
            out.print(f"      nearest record: {one.nearest.formula}, {one.nearest.doi}", soft_wrap=True)
        if one.recipe is None:
            out.print(f"      no recipe: {one.no_recipe}", soft_wrap=True)
        else:
            weighed = ", ".join(f"{line.formula} {line.mass_mg:.1f} mg" for line in one.recipe.precursors)
            out.print(f"      {one.recipe.title}, {one.recipe.batch_mg:g} mg: {weighed}", soft_wrap=True)
