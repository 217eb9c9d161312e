"""The report: one page that stands alone, escapes what it shows, and can be read without seeing the pictures."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hemml.data import load_default
from hemml.models.result import TargetResult, TrainingResult
from hemml.models.score_table import NO_SKILL, score_rows
from hemml.models.studies import Studies
from hemml.report import write_report
from hemml.report.calibration_parts import coverage_groups
from hemml.report.data_plot import count_rows
from hemml.report.domain_plot import binned
from hemml.report.page import render, report_sections
from hemml.report.parts import Picture, source_cell
from hemml.report.study_parts import lab_part

SCRIPT = "<script>alert(1)</script>"
LEARNING = pd.DataFrame(
    {"share": [0.4, 1.0], "n_papers": [12.0, 30.0], "n_rows": [20.0, 50.0], "n": [60, 60], "baseline_mae": [60.0, 55.0]}
    | {f"{name}{end}": [0.5, 0.6] for name in ("mae", "skill", "spearman") for end in ("", "_low", "_high")}
)
LEFT_OUT = pd.DataFrame(
    {
        "kind": ["ion", "family"],
        "left_out": ["Na", "spinel"],
        "n": [30, 40],
        "n_papers": [15, 20],
        "mae": [31.25, 41.0],
        "baseline_mae": [40.0, 39.0],
        "skill": [0.2, -0.05],
        "spearman": [0.7, np.nan],
    }
)
LAB = pd.DataFrame(
    {
        "k": [2, 5],
        "n_papers": [12, 7],
        "n_rows": [40, 22],
        "mae_literature": [50.0, 50.0],
        "mae_corrected": [40.0, 35.0],
        "ratio_low": [0.7, 0.6],
        "ratio_high": [0.9, 0.8],
    }
)
EFFECTS = pd.DataFrame(
    {
        "ion": "Zn",
        "role": ["cathode", "cathode", "cathode", "anode"],
        "element": ["Mn", "Fe", "Ta", "Mn"],
        "target": "capacity_mAh_g",
        "effect": [-3.5, 12.25, np.nan, 1.0],
        "lower": [-6.0, 8.0, np.nan, 0.0],
        "upper": [-1.0, 16.0, np.nan, 2.0],
        "unit": "%",
        "n_hosts": [30, 25, 2, 6],
        "n_records": [1200, 300, 0, 40],
        "n_own": [20, 8, 0, 3],
    }
)
PARTS = (
    "scores",
    "parity",
    "residuals-by-ion",
    "residuals-by-family",
    "calibration",
    "domain",
    "learning-curve",
    "leave-out",
    "own-lab",
    "elements",
    "worst",
)


class Page(HTMLParser):
    """What the tests look at in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.cells: list[dict[str, str | None]] = []
        self.lang: str | None = None
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        assert not [name for name in values if name.startswith("on")]
        if "id" in values:
            self.ids.append(values["id"] or "")
        if tag == "a":
            self.links.append(values["href"] or "")
        if tag == "img":
            self.images.append(values)
        if tag == "th":
            self.cells.append(values)
        if tag == "html":
            self.lang = values.get("lang")

    def handle_data(self, data: str) -> None:
        self.text += data


def full(item: TargetResult) -> TargetResult:
    """The same target with everything that a training may add."""
    rows = item.out_of_fold.copy()
    rng = np.random.default_rng(2)
    rows["doi"] = [f"10.1000/x.{i}" for i in range(len(rows))]
    rows["rank"] = rng.random(len(rows))
    rows["distance"] = rng.random(len(rows))
    rows["in_domain"] = rows["distance"] < 0.8
    return replace(item, out_of_fold=rows, studies=Studies(LEARNING, LEFT_OUT, LAB))


@pytest.fixture(scope="module")
def result(training_result: TrainingResult) -> TrainingResult:
    """The first target with everything, the second with nothing beside the scores."""
    return replace(training_result, results=(full(training_result.results[0]), training_result.results[1]))


@pytest.fixture(scope="module")
def folder(result: TrainingResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "report"
    page = write_report(result, folder, data=load_default().head(300), effects=EFFECTS)
    assert page == folder / "report.html"
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_page_has_every_section_and_its_contents_lead_to_them(page):
    sections = ["about", "scores", "capacity_mAh_g", "retention_pct", "data", "reading", "limits"]
    wanted = [*sections, *(f"capacity_mAh_g-{part}" for part in PARTS), *(f"retention_pct-{part}" for part in PARTS)]
    assert set(wanted) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    inner = [link[1:] for link in page.links if link.startswith("#")]
    assert set(inner) <= set(page.ids)
    assert set(wanted) <= set(inner)


def test_page_stands_alone(page, folder):
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert not {"script", "link", "iframe", "object", "embed", "form"} & set(page.tags)
    assert not re.search(r"url\(|@import|<\w+[^>]*\ssrc(?:set)?=\"(?!data:image/png;base64,)", html)
    outer = [link for link in page.links if not link.startswith("#")]
    assert outer
    assert all(link.startswith("https://doi.org/10.1000/") for link in outer)
    assert "default-src 'none'" in html


def test_pictures_are_embedded_and_stand_as_files(page, folder):
    files = {path.read_bytes() for path in (folder / "figures").iterdir()}
    embedded = {base64.b64decode(image["src"].partition(",")[2]) for image in page.images}
    assert embedded == files
    assert len(files) == len(page.images) == 10 + 1 + 5 + 1  # all parts of one, elements, those without studies, data
    assert all(data.startswith(b"\x89PNG") and len(data) > 2000 for data in files)
    assert all(b"Software" not in data[:400] for data in files)


def test_page_can_be_read_without_seeing(page):
    assert page.lang == "en"
    assert page.tags.count("h1") == 1
    assert all(len(image["alt"]) > 30 for image in page.images)
    assert {cell["scope"] for cell in page.cells} == {"col", "row"}
    assert page.tags.count("caption") == page.tags.count("table")
    assert page.tags.count("figcaption") == page.tags.count("figure") == len(page.images)


def test_page_says_where_the_models_come_from_and_how_good_they_are(page, result):
    for text in ("table.csv", "ab" * 32, "0123456789abcdef", "3.11.7", "seed: 3", NO_SKILL):
        assert text in page.text
    for row in score_rows(result):
        assert all(cell in page.text for cell in row)
    assert "31.2" in page.text  # the error on the ion that was left out
    assert "0.80 (0.70 to 0.90)" in page.text


def test_print_has_rules_of_its_own(folder):
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert "@media print" in html
    assert "break-before: page" in html


def test_what_was_not_done_is_said(page):
    assert "No learning curve was made in this run" in page.text
    assert "Element effects were not computed in this run." in page.text
    assert "Distances to the training records were not recorded in this run." in page.text


def test_same_result_gives_the_same_bytes(result, folder, tmp_path):
    one = replace(result, results=result.results[:1])
    again = write_report(one, tmp_path / "report")
    drawn = sorted((again.parent / "figures").iterdir())
    assert len(drawn) == 10
    assert all(path.read_bytes() == (folder / "figures" / path.name).read_bytes() for path in drawn)
    pictures = {path.stem: path.read_bytes() for path in drawn}
    assert render(one, report_sections(one, None, None), pictures) == again.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def hostile(training_result: TrainingResult, tmp_path_factory: pytest.TempPathFactory) -> str:
    item = full(training_result.results[0])
    rows = item.out_of_fold
    rows["formula"] = SCRIPT
    rows["doi"] = "javascript:alert(1)"
    rows["record_id"] = "'\"><img src=x onerror=alert(1)>"
    result = replace(
        training_result,
        results=(replace(item, out_of_fold=rows),),
        data_path='"><img src=x onerror=alert(1)>.csv',
        data_sha256=SCRIPT,
        git_commit=SCRIPT,
        versions={"hemml": SCRIPT, SCRIPT: "1"},
        config={"targets": {"</pre><script>": "{{ 7 * 7 }}"}},
    )
    folder = tmp_path_factory.mktemp("hostile")
    return write_report(result, folder / "report").read_text(encoding="utf-8")


def test_texts_from_data_are_escaped(hostile):
    page = Page(hostile)
    assert "<script" not in hostile
    assert {"script", "pre"} & set(page.tags) == {"pre"}
    assert page.tags.count("pre") == 1
    assert len([image for image in page.images if image["src"] == "x"]) == 0
    assert SCRIPT in page.text  # shown as text
    assert "{{ 7 * 7 }}" in page.text


def test_only_addresses_on_the_web_become_links(hostile):
    page = Page(hostile)
    assert not [link for link in page.links if not link.startswith("#")]
    assert "javascript:alert(1)" in page.text


@pytest.mark.parametrize(
    ("doi", "page", "href"),
    [
        ("10.1021/acs.nanolett.4c04750", "", "https://doi.org/10.1021/acs.nanolett.4c04750"),
        ("10.1002/(SICI)1<2>3", "", "https://doi.org/10.1002/(SICI)1%3C2%3E3"),
        ('10.1021/"onclick="x', "", "https://doi.org/10.1021/%22onclick%3D%22x"),
        ("", "https://example.org/a?b=1&c=2", "https://example.org/a?b=1&c=2"),
        ("", "javascript:alert(1)", ""),
        ("", "https:javascript", ""),
        ("", "data:text/html,x", ""),
        ("javascript:alert(1)", "https://example.org", ""),
        ("10.1021/a b", "", ""),
        ("own:notebook-12", "", ""),
    ],
)
def test_source_links_to_a_doi_or_a_page_only(doi, page, href):
    cell = source_cell(doi, page)
    assert cell.href == href
    assert cell.text == (doi or page)


def test_a_failure_leaves_the_old_report(result, tmp_path, monkeypatch):
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "report.html").write_text("old")
    monkeypatch.setattr(Picture, "png", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(replace(result, results=result.results[1:]), folder)
    assert (folder / "report.html").read_text() == "old"
    assert list(tmp_path.iterdir()) == [folder]


def test_worst_predictions_are_those_of_the_largest_error(result):
    item = result.results[0]
    section = next(one for one in report_sections(result, None, None) if one.slug == "capacity_mAh_g")
    (table,) = next(part for part in section.parts if part.slug == "worst").tables
    error = (item.out_of_fold["predicted"] - item.out_of_fold["measured"]).abs()
    worst = item.out_of_fold.loc[error.nlargest(20).index]
    assert [row[4].text for row in table.rows] == list(worst["doi"])
    assert table.rows[0][4].href == f"https://doi.org/{worst['doi'].iloc[0]}"
    assert "In domain" in table.header


def test_element_effects_are_told_for_the_role_with_more_hosts(page):
    assert "Strongest effects on the capacity of Zn cathodes, in %" in page.text
    (alt,) = (image["alt"] for image in page.images if "Periodic table" in image["alt"])
    assert alt.endswith("Strongest, in %: Fe +12.2, Mn −3.50.")


def test_sizes_that_no_paper_allows_are_left_out_of_the_own_lab_curve(training_result):
    none = LAB.assign(n_papers=[12, 0], mae_literature=[50.0, np.nan], mae_corrected=[40.0, np.nan])
    item = replace(training_result.results[0], studies=Studies(lab_curve=none))
    part = lab_part(item)
    assert [row[0].text for row in part.tables[0].rows] == ["2"]
    empty = replace(item, studies=Studies(lab_curve=none.iloc[1:]))
    assert lab_part(empty).text == ("No paper has rows enough to play a laboratory.",)


def test_groups_count_rows_inside_their_intervals(result):
    rows = result.results[0].out_of_fold.copy()
    rows["lower"], rows["upper"] = rows["measured"] - 1, rows["measured"] + 1
    rows.loc[rows["working_ion"] == "Na", "upper"] = rows["measured"] - 0.5
    rows.loc[:4, "working_ion"] = "K"  # fewer than 10 rows
    groups = {group.label: group for group in coverage_groups(rows)}
    assert "K" not in groups
    assert groups["Na"].inside == 0
    assert groups["Zn"].inside == groups["Zn"].n
    assert groups["all rows"].n == groups["cathode"].n == 60


def test_rows_are_counted_by_role_family_and_ion():
    frame = load_default()
    cathodes, anodes = count_rows(frame)
    assert cathodes.to_numpy().sum() + anodes.to_numpy().sum() == len(frame)
    wanted = (frame["role"] == "cathode") & (frame["family"] == "spinel") & (frame["working_ion"] == "Zn")
    assert cathodes.loc["spinel", "Zn"] == wanted.sum() > 0
    assert list(cathodes.columns) == list(anodes.columns)
    assert list(cathodes.index) == list(anodes.index)


def test_bins_by_distance_are_equally_filled():
    x = np.arange(120.0)
    centres, medians, quartiles = binned(x, 2 * x)
    assert len(centres) == 12
    np.testing.assert_allclose(medians, 2 * centres)
    assert (quartiles[0] < medians).all()
    assert (medians < quartiles[1]).all()
    assert len(binned(x[:3], x[:3])[0]) == 1
