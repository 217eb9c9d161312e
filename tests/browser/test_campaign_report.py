"""The report of a campaign, opened from the disk without any server."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: dev)")

from made_up_campaign import made_up
from playwright.sync_api import expect

from hemml.cli import main


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = made_up(tmp_path_factory.mktemp("campaign") / "zn.campaign")
    assert main(["campaign", "report", str(path), "--no-log"]) == 0
    return path.with_name("zn.campaign.html").as_uri()


@pytest.fixture
def report(seen, address):
    seen.page.goto(address)
    return seen


def test_the_page_shows_its_pictures_and_needs_nothing_else(report):
    widths = report.page.locator("img").evaluate_all("images => images.map(image => image.naturalWidth)")
    assert len(widths) == 4
    assert min(widths) > 0
    assert (report.errors, report.elsewhere) == ([], [])
    report.picture("campaign_report")


def test_an_experiment_leads_to_its_recipe(report):
    page = report.page
    page.get_by_role("link", name="P002", exact=True).click()
    assert page.url.endswith("#recipe-P002")
    page.locator("#recipe-P002 summary").click()
    expect(page.locator("#recipe-P002 table")).to_be_visible()


def test_the_page_fits_the_window_and_a_phone(report):
    for width in (1280, 390):
        report.page.set_viewport_size({"width": width, "height": 900})
        over = report.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 1, f"at {width} pixels the page is {over} pixels too wide"


def test_the_page_prints(report):
    report.page.emulate_media(media="print")
    assert report.page.pdf(format="A4").startswith(b"%PDF")
    report.picture("campaign_report_print")
