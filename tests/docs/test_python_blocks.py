"""The Python blocks of README.md and docs/ run, and print what the text block behind them says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document: Path) -> list[tuple[str, str, bool]]:
    """Language, text, and whether nothing but empty lines stands between the block and the one before."""
    text = document.read_text(encoding="utf-8")
    found, end = [], 0
    for match in BLOCK.finditer(text):
        found.append((match[1], match[2], not text[end : match.start()].strip()))
        end = match.end()
    return found


WITH_PYTHON = [document for document in DOCUMENTS if any(language == "python" for language, _, _ in blocks(document))]


@pytest.mark.parametrize("document", WITH_PYTHON, ids=lambda document: document.name)
def test_python_blocks_run_and_print_what_the_document_says(document, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    printed = None
    for language, text, follows in blocks(document):
        if language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(text, document.name, "exec"), names)
            printed = out.getvalue()
        elif language == "text" and follows and printed is not None:
            assert printed == text
            printed = None
        else:
            printed = None


def test_readme_guide_and_ladder_are_among_the_executed_documents():
    assert {"README.md", "describe.md", "data.md", "redox.md"} <= {document.name for document in WITH_PYTHON}
