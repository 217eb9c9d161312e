"""The report of a training: one self-contained page, and its pictures as files."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from hemml.files import atomic_directory
from hemml.models.result import TrainingResult
from hemml.models.score_table import NO_SKILL
from hemml.report.data_parts import data_section
from hemml.report.overview import about_section, limits_section, reading_section, scores_section, versions_table
from hemml.report.parts import Picture, Section
from hemml.report.target_parts import target_section

if TYPE_CHECKING:
    import pandas as pd

PAGE: Final = "report.html"
FIGURES: Final = "figures"
_TEMPLATE: Final = "report.html.j2"


def write_report(
    result: TrainingResult,
    folder: Path,
    *,
    data: pd.DataFrame | None = None,
    effects: pd.DataFrame | None = None,
) -> Path:
    """Write how far the models of a training can be trusted, for people to read.

    The folder is replaced as a whole and only when all is drawn. The page needs no other file and no network, runs no
    script, and escapes every text. The same result gives the same bytes.

    Args:
        result: The training.
        folder: Where `report.html` and `figures/*.png` go.
        data: The checked table that was learned from, for the part on what it covers.
        effects: Element effects on all targets, as `hemml.explanation.element_effects` returns them; None: the report
            has no part on them.

    Returns:
        Path of `report.html`.

    Raises:
        OSError: The folder cannot be written.
    """
    sections = report_sections(result, data, effects)
    pictures = {picture.name: picture.png() for picture in _pictures(sections)}
    html = render(result, sections, pictures)
    with atomic_directory(folder) as fresh:
        (fresh / FIGURES).mkdir()
        for name, png in pictures.items():
            (fresh / FIGURES / f"{name}.png").write_bytes(png)
        (fresh / PAGE).write_text(html, encoding="utf-8", newline="\n")
    return folder / PAGE


def report_sections(
    result: TrainingResult, data: pd.DataFrame | None, effects: pd.DataFrame | None
) -> tuple[Section, ...]:
    """The sections of the report in their order; arguments as in `write_report`."""
    return (
        about_section(result),
        scores_section(result),
        *(target_section(result, item, effects) for item in result.results),
        data_section(result, data),
        reading_section(),
        limits_section(),
    )


def render(result: TrainingResult, sections: tuple[Section, ...], pictures: Mapping[str, bytes]) -> str:
    """The page as text.

    Args:
        result: The training.
        sections: What the page holds.
        pictures: PNG of each picture by its name.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("hemml.report"), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    images = {name: f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}" for name, png in pictures.items()}
    return environment.get_template(_TEMPLATE).render(
        sections=sections,
        images=images,
        data_path=result.data_path,
        summary=_summary(result),
        configuration=_as_yaml(result.config),
        versions=versions_table(result),
        hemml_version=result.versions.get("hemml", ""),
    )


def _pictures(sections: tuple[Section, ...]) -> Iterator[Picture]:
    for section in sections:
        for part in section.parts:
            yield from part.pictures


def _summary(result: TrainingResult) -> str:
    skilled, others = (
        ", ".join(item.target.label.lower() for item in result.results if item.has_skill == wanted)
        for wanted in (True, False)
    )
    return f"Skill on unseen papers: {skilled or 'none'}." + (f" {NO_SKILL.capitalize()}: {others}." if others else "")


def _as_yaml(config: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)
