"""A training, the MLflow UI on its store, and a headless Chromium that reaches nothing but this machine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Route

ROOT = Path(__file__).parents[2]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT_S = 120
WINDOW = {"width": 1700, "height": 1000}
LOCAL = re.compile(r"(https?://127\.0\.0\.1[:/]|file:|data:|blob:|about:)")


@dataclass(frozen=True)
class Training:
    """What a run of the main job left: models with the report, and a store."""

    folder: Path

    @property
    def report(self) -> Path:
        return self.folder / "models" / "report" / "report.html"


@dataclass
class Seen:
    """A page, and what it did that it should not do."""

    page: Page
    elsewhere: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def picture(self, name: str) -> None:
        """Save what is seen, for people."""
        folder = Path(os.environ.get("HEMML_SCREENSHOTS") or ROOT / "build" / "screenshots")
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png", full_page=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; skipped where there is none, unless this is CI."""
    path = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if path is None:
        reason = f"no Chromium is installed (looked for {', '.join(PROGRAMS)}); on Debian: apt-get install chromium"
        if os.environ.get("CI", "").lower() in ("1", "true") or os.environ.get("HEMML_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=1000 * WAIT_S)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, chromium_sandbox=False, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def seen(browser: Browser) -> Iterator[Seen]:
    """A fresh page; at the end it must not have asked for anything beyond this machine."""
    context = browser.new_context(viewport=WINDOW)
    context.set_default_timeout(1000 * WAIT_S)
    seen = Seen(context.new_page())

    def route(request: Route) -> None:
        if LOCAL.match(request.request.url):
            request.continue_()
        else:
            seen.elsewhere.append(request.request.url)
            request.abort()

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            seen.errors.append(message.text)

    context.route("**/*", route)
    seen.page.on("console", console)
    seen.page.on("pageerror", lambda err: seen.errors.append(str(err)))
    yield seen
    context.close()
    assert seen.elsewhere == []


@pytest.fixture(scope="session")
def training(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Training:
    """The main job, as quick as it gets: one target, `--fast`."""
    folder = tmp_path_factory.mktemp("training")
    command = [sys.executable, "-m", "hemml.train", "--fast", "--target", "average_voltage_V", "--output", "models"]
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Training(folder)


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `hemml ui` prints."""
    return tmp_path_factory.mktemp("ui") / "log.txt"


@pytest.fixture(scope="session")
def ui(training: Training, log: Path) -> Iterator[str]:
    """Address of `hemml ui` on the store of the training."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "hemml", "ui", "--store", str(training.folder), "--port", str(port)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    try:
        yield _answering(f"http://127.0.0.1:{port}", process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture
def trainings(ui: str, log: Path) -> str:
    """The link to the trainings that `hemml ui` printed."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        for line in log.read_text(encoding="utf-8").splitlines():
            if line.startswith("Trainings: "):
                return line.split()[1]
        time.sleep(0.2)
    raise AssertionError(f"no link: {log.read_text(encoding='utf-8')}")


def _answering(address: str, process: subprocess.Popen, log: Path) -> str:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return address
        except OSError:
            time.sleep(0.2)
    process.terminate()
    raise AssertionError(f"hemml ui did not answer: {log.read_text(encoding='utf-8')}")


@pytest.fixture
def opened(seen: Seen, ui: str) -> Callable[[str], Seen]:
    """Open a page of the MLflow UI; what it announces in front of the page is closed."""
    announcement = seen.page.get_by_role("dialog")
    close = announcement.get_by_role("button", name="Close").first
    seen.page.add_locator_handler(announcement, lambda: close.click())

    def open_page(place: str = "") -> Seen:
        seen.page.goto(f"{ui}/#/{place}")
        return seen

    return open_page
