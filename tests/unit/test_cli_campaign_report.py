"""`hemml campaign report`: one page that stands alone, escapes everything, and replaces nothing but its like."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from made_up_campaign import OBJECTIVES, TWO, begun, made_up

from hemml import __version__
from hemml.cli import main

SCRIPT = "<script>alert(1)</script>"


class Page(HTMLParser):
    """Tags with their attributes, and the ids and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, attribute: str, tag: str = "") -> list[str]:
        return [about[attribute] or "" for name, about in self.tags if attribute in about and tag in ("", name)]


def report(path: Path, *more: str) -> str:
    assert main(["campaign", "report", str(path), "--no-log", *more]) == 0
    return path.with_name(path.name + ".html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up(tmp_path_factory.mktemp("report") / "zn.campaign")


@pytest.fixture(scope="module")
def page(campaign: Path) -> str:
    return report(campaign)


def test_the_page_tells_where_the_campaign_stands(page):
    assert "<h1>Campaign zn_spinel</h1>" in page
    for text in ("205", "C001", "rocksalt NiO, 12 %", "no cobalt nitrate left", "11 of 11", "10 of 11", "ab" * 32):
        assert text in page
    assert "event 7: capacity_mAh_g 171; active mass was weighed again" in page
    assert f"Written by hemml {__version__}." in page
    assert "the reference point is the worst corner" in page


def test_the_page_needs_nothing_else(page):
    read = Page(page)
    assert {tag for tag, _ in read.tags}.isdisjoint({"script", "link", "iframe", "object", "form"})
    sources = read.all("src")
    assert len(sources) == 4
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert all(len(text) > 20 for text in read.all("alt", "img"))
    assert not re.search(r"url\(|@import", page)
    assert all(link.startswith(("#", "https://doi.org/")) for link in read.all("href"))


def test_links_lead_to_recipes_and_records(page):
    read = Page(page)
    ids, links = read.all("id"), read.all("href")
    assert len(ids) == len(set(ids))
    inside = {link.removeprefix("#") for link in links if link.startswith("#")}
    assert inside <= set(ids)
    assert {"recipe-P001", "recipe-P020"} <= inside
    assert "https://doi.org/10.1000/zn.spinel" in links
    assert re.search(r"To weigh for \d+ mg of Zn\(Mn0\.7Ni0\.2Co0\.1\)2O4", page)


def test_every_text_is_escaped_with_three_objectives(tmp_path):
    page = report(made_up(tmp_path / "zn.campaign", *OBJECTIVES, name=SCRIPT, note=SCRIPT))
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 5  # title, heading, events, failures
    assert page.count("<img ") == 4
    assert "Cost of the elements (USD/kg)" in page


def test_one_objective_has_no_hypervolume_and_no_front(tmp_path):
    page = report(made_up(tmp_path / "zn.campaign", "energy_density_Wh_kg:max"))
    assert page.count("<img ") == 3
    assert "ypervolume</" not in page
    assert "Pareto" not in page


def test_a_campaign_that_has_just_begun(tmp_path):
    begun(tmp_path / "zn.campaign", *TWO).close()
    page = report(tmp_path / "zn.campaign")
    assert "<img" not in page
    for text in ("No quantity to improve on is measured yet", "No prediction can be judged yet", "Nothing is proposed"):
        assert text in page


def test_the_step_is_logged_with_its_page_which_is_the_same_every_time(campaign, page, tmp_path, capsys, monkeypatch):
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "hemml.tracking.campaign_runs.log_step",
        lambda name, step, **more: logged.append({"step": (name, step), **more}),
    )
    output = tmp_path / "page.html"
    output.write_text(page, encoding="utf-8")  # an earlier report may be replaced
    assert main(["campaign", "report", str(campaign), "-o", str(output), "--store", str(tmp_path), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["report"] == str(output)
    assert output.read_text(encoding="utf-8") == page
    (one,) = logged
    assert (one["step"], one["artifacts"], one["sequence"]) == (("zn_spinel", "report"), (output,), 44)
    assert one["metrics"]["best_capacity_mAh_g"] == 205
    assert one["metrics"]["experiments_pending"] == 9
    assert printed["metrics"].keys() == one["metrics"].keys()


def test_another_kind_of_file_is_not_replaced(tmp_path, capsys):
    path = tmp_path / "zn.campaign"
    begun(path, *TWO).close()
    other = tmp_path / "page.html"
    other.write_text("<html>mine</html>")
    for output in (other, path):
        before = output.read_bytes()
        assert main(["campaign", "report", str(path), "--no-log", "--output", str(output)]) == 2
        assert "may only replace an earlier report of a campaign" in capsys.readouterr().err
        assert output.read_bytes() == before
    assert main(["campaign", "report", str(path), "--no-log", "--output", str(tmp_path)]) == 2
    assert "must be a file, got a folder" in capsys.readouterr().err
    assert main(["campaign", "report", str(path), "--no-log", "--output", str(tmp_path / "no" / "a.html")]) == 2
    assert "must be in a folder that exists" in capsys.readouterr().err


def test_a_missing_or_foreign_campaign_is_an_error(tmp_path, capsys):
    assert main(["campaign", "report", str(tmp_path / "none.campaign")]) == 2
    assert "must be an existing file, got none" in capsys.readouterr().err
    text = tmp_path / "notes.txt"
    text.write_text("capacity 213")
    assert main(["campaign", "report", str(text)]) == 2
    assert "must be a campaign file, got another kind of file" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["notes.txt"]
