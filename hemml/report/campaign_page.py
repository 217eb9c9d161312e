"""The report of a campaign: one self-contained page."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from hemml import __version__
from hemml.active.progress import Progress
from hemml.errors import InputError
from hemml.files import atomic_write_text
from hemml.report.campaign_lists import events_section, experiments_section, recipes_of, settings_section
from hemml.report.campaign_parts import predictions_section, progress_section, standing_section

if TYPE_CHECKING:
    from hemml.active.space import DesignSpace
    from hemml.active.store import CampaignState, Recorded

KIND: Final = "hemml: report of a campaign"
_MARK: Final = f'<meta name="generator" content="{KIND}">'.encode()
_HEAD_BYTES: Final = 1000
_TEMPLATE: Final = "campaign.html.j2"


def campaign_page(space: DesignSpace, state: CampaignState, recorded: Sequence[Recorded], progress: Progress) -> str:
    """The page as text.

    It needs no other file and no network, runs no script, and escapes every text. The same events give the same text.

    Args:
        space: The design space of the campaign.
        state: Where it stands.
        recorded: Its events, one or more.
        progress: How far it has come.

    Raises:
        InputError: A stored proposal is none that hemml wrote.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    sections = (
        standing_section(space, state, progress, recorded[-1]),
        progress_section(state, progress),
        predictions_section(progress),
        experiments_section(state, progress),
        events_section(recorded),
        settings_section(state),
    )
    pictures = {one.name: one.png() for section in sections for part in section.parts for one in part.pictures}
    environment = Environment(
        loader=PackageLoader("hemml.report"), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template(_TEMPLATE).render(
        kind=KIND,
        name=state.name,
        summary=_summary(progress),
        sections=sections,
        images={name: f"data:image/png;base64,{base64.b64encode(png).decode()}" for name, png in pictures.items()},
        recipes=recipes_of(state),
        settings=_as_yaml({name: value for name, value in state.settings.items() if name != "hashes"}),
        space=_as_yaml(state.space),
        hemml_version=__version__,
    )


def check_report_path(path: Path) -> None:
    """Refuse a place where the report of a campaign must not go.

    Raises:
        InputError: The folder does not exist, or there is a folder or a file that is no such report.
    """
    owner = f"report {str(path)!r}"
    if not path.resolve().parent.is_dir():
        raise InputError(f"{owner}: must be in a folder that exists; make it first, or choose another")
    if not path.exists():
        return
    if not path.is_file():
        raise InputError(f"{owner}: must be a file, got a folder; name the file in it")
    with path.open("rb") as stream:
        if _MARK not in stream.read(_HEAD_BYTES):
            raise InputError(
                f"{owner}: may only replace an earlier report of a campaign, got another kind of file; choose another "
                "name"
            )


def write_campaign_report(path: Path, page: str) -> None:
    """Write the page; the file holds the old report or all of the new one.

    Raises:
        InputError: Something else is there, or the folder cannot be written.
    """
    check_report_path(path)
    try:
        atomic_write_text(path, page)
    except OSError as err:
        raise InputError(
            f"report {str(path)!r}: must be in a folder that can be written, got: {err.strerror}; choose another"
        ) from err


def _summary(progress: Progress) -> str:
    done = sum(one.is_complete for one in progress.standings.values())
    return (
        f"{len(progress.standings)} experiments, {done} with all that is to be improved on, {progress.pending} with "
        "results to come."
    )


def _as_yaml(content: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=100)
