"""What a user of `hemml ui` sees of a training: experiment, run, metrics, report and registered model."""

from __future__ import annotations

import json
import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: dev)")

from playwright.sync_api import Page, expect

RUN = re.compile(r"^training \d{4}-")


@pytest.fixture
def run_page(opened):
    """The page of the run, found as a user finds it."""
    seen = opened("experiments")
    page: Page = seen.page
    page.get_by_text("Model training", exact=True).first.click()  # MLflow begins with language models
    page.get_by_role("link", name="hemml", exact=True).first.click()
    run = page.get_by_role("link", name=RUN).first
    expect(run).to_be_visible()
    seen.picture("experiment")
    run.click()
    expect(page.get_by_role("heading", name=RUN)).to_be_visible()
    return seen


def test_hemml_ui_prints_a_link_to_the_trainings(seen, trainings):
    seen.page.goto(trainings)
    expect(seen.page.get_by_role("link", name=RUN).first).to_be_visible()


def test_the_run_is_found_with_its_scores(run_page, training):
    page: Page = run_page.page
    about = json.loads((training.folder / "models" / "average_voltage_V" / "metadata.json").read_text("utf-8"))
    for name in ("mae", "skill"):
        row = page.get_by_role("row").filter(has=page.get_by_text(f"average_voltage_V/{name}", exact=True))
        expect(row).to_contain_text(f"{about['scores'][name]:.8f}"[:-2])
    expect(page.get_by_text("family median").first).to_be_visible()  # the score table, as description
    run_page.picture("run")


def test_the_report_is_shown_among_the_files_of_the_run(run_page, training):
    page: Page = run_page.page
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_text("report", exact=True).click()
    page.get_by_text("report.html", exact=True).click()
    frame = page.frame_locator("iframe").first
    expect(frame.get_by_role("heading").first).to_be_visible()
    shown = frame.locator("img").first
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    run_page.picture("run_report")


def test_the_registered_model_is_the_champion_and_leads_back_to_the_run(opened):
    seen = opened("models")
    page = seen.page
    page.get_by_role("link", name="hemml", exact=True).first.click()
    expect(page.get_by_role("heading", name="hemml")).to_be_visible()
    expect(page.get_by_text("champion").first).to_be_visible()
    seen.picture("registered_model")
    page.get_by_role("link", name="Version 1").first.click()
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
    expect(page.get_by_text("average_voltage_V.mae", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=RUN).first).to_be_visible()
    seen.picture("registered_version")
