"""`hemml campaign propose` and `export`: the next experiments, and files of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemml.cli.campaign_options import (
    AcquisitionName,
    AsJson,
    CampaignFile,
    NoLog,
    StoreOption,
    acquisition_of,
    log,
    progress_metrics,
)
from hemml.cli.output import console, print_json
from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.active.campaign import Campaign
    from hemml.active.export import SheetHeader
    from hemml.active.proposal import Proposal
    from hemml.active.proposing import Batch

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
    from hemml.active.export import SheetHeader
    from hemml.cli.campaign_files import check_folder, write_batch

    chosen_acquisition = acquisition_of(acquisition) if acquisition else None
    with Campaign.open(campaign) as opened:
        if output is not None:
            check_folder(output, len(opened.state().batches) + 1)
        recorded, made = opened.propose(batch, acquisition=chosen_acquisition)
        state = opened.state()
        # others may have added batches since
        number = next(one.number for one in state.batches if one.sequence == recorded.sequence)
        proposals = opened.proposals(state, number)
        for name in opened.changed_models:
            typer.echo(f"warning: the model {name} is not the one that the campaign began with", err=True)
        header = SheetHeader(opened.name, recorded.time.date(), str(number))
        files = write_batch(proposals, header, output, campaign) if output is not None else ()
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
        else:
            _print(proposals, made, files)
        if not no_log:
            _log_batch(opened, proposals, made, header, store=store, began=began)


def export(
    campaign: CampaignFile,
    output: Annotated[Path, typer.Argument(metavar="FILE", help="File to write: .csv, .json or .html (lab sheets).")],
    batch: Annotated[
        int | None, typer.Option("--batch", metavar="NUMBER", help="Which batch; the newest by default.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All batches.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write proposals as a table, as JSON, or as lab sheets to print.

    An earlier export of that name is replaced, any other file is not.
    """
    from hemml.active.campaign import Campaign
    from hemml.active.export import SheetHeader
    from hemml.cli.campaign_files import check_export, write_proposals

    if everything and batch is not None:
        raise InputError(f"--batch {batch}: must stand without --all, got both; leave one out")
    with Campaign.open(campaign, read_only=True) as opened:
        check_export(output, campaign)
        state = opened.state()
        if not state.batches:
            raise InputError(
                f"campaign {opened.name!r}: must have a batch to export, got none; propose one with "
                f"hemml campaign propose {campaign}"
            )
        number = None if everything else (state.batches[-1].number if batch is None else batch)
        proposals = opened.proposals(state, number)
        at = state.batches[(number or len(state.batches)) - 1].time
        header = SheetHeader(opened.name, at.date(), "all" if number is None else str(number))
    write_proposals(output, proposals, header)
    if as_json:
        print_json({"campaign": str(campaign), "file": str(output), "batch": number, "proposals": len(proposals)})
        return
    typer.echo(f"{len(proposals)} proposal{'s' * (len(proposals) != 1)} written to {output}")


def _log_batch(
    campaign: Campaign,
    proposals: Sequence[Proposal],
    made: Batch,
    header: SheetHeader,
    *,
    store: str,
    began: float,
) -> None:
    """The run of a proposal carries its files, also where the user asked for none."""
    import tempfile

    from hemml.cli.campaign_files import batch_files, write_proposals

    about = {"batch": header.batch, "formulas": [one.formula for one in proposals], "model": made.model}
    metrics = {
        **progress_metrics(campaign),
        "proposals": float(len(proposals)),
        "acquisition_max": max(one.acquisition for one in proposals),
    }
    lines = [f"- {one.id} {one.formula}: {one.why}" for one in proposals]
    note = "\n".join([f"Batch {header.batch}", "", *lines, *(["", made.note] if made.note else [])])
    with tempfile.TemporaryDirectory() as folder:
        kept = batch_files(Path(folder), header.batch)
        for path in kept:
            write_proposals(path, proposals, header)
        log(
            campaign, "propose", store=store, skip=False, began=began, about=about, metrics=metrics, artifacts=kept,
            note=note,
        )  # fmt: skip


def _print(proposals: Sequence[Proposal], made: Batch, files: Sequence[Path]) -> None:
    out = console()
    for one in proposals:
        out.print(f"{one.id}  {one.formula}", style="bold", soft_wrap=True)
        out.print(f"      {one.why}", soft_wrap=True)
        if one.nearest is not None:
            found = f"{one.nearest.formula}, {one.nearest.doi or 'no DOI'}"
            out.print(f"      nearest record: {found}", soft_wrap=True)
        if one.recipe is None:
            out.print(f"      no recipe: {one.no_recipe}", soft_wrap=True)
        else:
            weighed = ", ".join(f"{line.formula} {line.mass_mg:.1f} mg" for line in one.recipe.precursors)
            out.print(f"      {one.recipe.title}, {one.recipe.batch_mg:g} mg: {weighed}", soft_wrap=True)
    out.print(f"model: {made.model}", soft_wrap=True)
    if made.note:
        out.print(f"note: {made.note}", soft_wrap=True)
    for path in files:
        out.print(f"written: {path}", soft_wrap=True)
