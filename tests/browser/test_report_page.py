"""The report of a training, opened from the disk without any server."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: dev)")

from playwright.sync_api import expect


@pytest.fixture
def report(seen, training):
    seen.page.goto(training.report.as_uri())
    return seen


def test_the_report_shows_headings_and_pictures_and_needs_nothing_else(report):
    page = report.page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    headings = page.get_by_role("heading").all_inner_texts()
    assert any("Average voltage" in heading for heading in headings)
    assert len(headings) == len(set(headings)) > 3
    widths = page.locator("img").evaluate_all("images => images.map(image => image.naturalWidth)")
    assert widths
    assert min(widths) > 0
    assert report.errors == []
    assert report.elsewhere == []
    report.picture("report")


def test_every_picture_says_what_it_shows(report):
    texts = report.page.locator("img").evaluate_all("images => images.map(image => image.alt)")
    assert all(len(text) > 10 for text in texts), texts


def test_the_report_fits_the_window_and_a_phone(report):
    page = report.page
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 1, f"at {width} pixels the page is {over} pixels too wide"
    report.picture("report_phone")


def test_the_report_prints(report):
    page = report.page
    page.emulate_media(media="print")
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    report.picture("report_print")
