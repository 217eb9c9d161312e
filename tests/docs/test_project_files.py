"""The files around the code agree with each other and with the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import hemml

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
PINNED = re.compile(r"^([a-z0-9][a-z0-9-]*)==([^\s;]+)( ; .+)?$")


@pytest.fixture(scope="module")
def lock() -> list[re.Match[str] | None]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [PINNED.match(line) for line in lines]


def test_every_line_of_the_lock_pins_one_version_and_names_no_address(lock):
    assert len(lock) > 50
    assert None not in lock


def test_lock_holds_every_dependency_and_every_tool_of_development(lock):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    # the tools of development bring the other extras that tests need
    own = next(line for line in extras["dev"] if line.startswith("hemml["))
    brought = [line for name in own[len("hemml[") : -1].split(",") for line in extras[name]]
    wanted = [*project["dependencies"], *brought, *(line for line in extras["dev"] if line != own)]
    names = {re.match(r"[A-Za-z0-9-]+", line)[0].lower() for line in wanted}
    assert names <= {match[1] for match in lock}


def test_lock_leaves_out_the_library_for_several_graphics_cards(lock):
    assert not [match[1] for match in lock if match[1].startswith("nvidia")]


def test_citation_and_changelog_name_the_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == hemml.__version__
    assert f"## {hemml.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_score_table_has_its_place_in_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.index("<!-- score-table:begin -->") < text.index("<!-- score-table:end -->")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_to_files_lead_somewhere(document):
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    missing = [link for link in links if link and not (document.parent / link).exists()]
    assert missing == []
