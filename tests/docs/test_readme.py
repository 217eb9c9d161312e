"""Every `hemml` command of the README and the guides is run, in a temporary folder, and prints what the page says.

Run are the commands in `bash` and `console` blocks that start with `hemml`; left out are a command that ends in
`# not run` and a block behind `<!-- not run -->`. A block behind `<!-- file: NAME -->` is written to that file. A block
of `text` or `json` right behind a block that ran is its output: the lines must occur in that order, apart from white
space, and `...` stands for any lines. The commands of a page share one folder, with copies of `datasets` and `configs`.
"""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from hemml.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"(?:^<!-- (?P<note>[^\n]*?) -->\n+)?^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```$", re.M | re.S)
SHELL = ("bash", "console", "sh")


@dataclass(frozen=True)
class Block:
    line: int
    language: str
    note: str
    body: str
    follows: bool  # nothing but empty lines stands between this block and the one before

    @property
    def commands(self) -> list[str]:
        """The commands to be run."""
        if self.language not in SHELL or self.note:
            return []
        lines = [line.strip().removeprefix("$ ") for line in self.body.replace("\\\n", " ").splitlines()]
        return [line for line in lines if line.startswith("hemml ") and not line.endswith("# not run")]


def blocks_of(text: str) -> list[Block]:
    """The fenced blocks of a page."""
    found, end = [], 0
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("language")) + 1
        follows = not text[end : match.start()].strip()
        found.append(Block(line, match["language"], match["note"] or "", match["body"], follows))
        end = match.end()
    return found


def run_page(text: str, name: str, capsys: pytest.CaptureFixture[str]) -> int:
    """Run a page in the current folder; returns how many commands ran."""
    output: str | None = None
    count = 0
    for block in blocks_of(text):
        where = f"{name}, line {block.line}"
        if block.note.startswith("file: "):
            Path(block.note.removeprefix("file: ")).write_text(block.body, encoding="utf-8")
        elif block.language in ("text", "json") and block.follows and output is not None:
            check_output(block.body, output, where)
        for command in block.commands:
            arguments = shlex.split(command, comments=True)[1:]
            assert not {"|", ">", ">>", "&&", ";"} & set(arguments), f"{where}: mark {command!r} with '# not run'"
            assert main(arguments) == 0, f"{where}: {command}"
        output = capsys.readouterr().out if block.commands else None
        count += len(block.commands)
    return count


def check_output(expected: str, output: str, where: str) -> None:
    """Every line of the page must be printed, in that order."""
    printed = [" ".join(line.split()) for line in output.splitlines()]
    place = 0
    for line in (" ".join(line.split()) for line in expected.splitlines()):
        if line in ("", "..."):
            continue
        assert line in printed[place:], f"{where}: {line!r} is not printed (any more) in this place:\n{output}"
        place = printed.index(line, place) + 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("datasets", "configs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


WITH_COMMANDS = [page for page in PAGES if any(b.commands for b in blocks_of(page.read_text(encoding="utf-8")))]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_run(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_page(page.read_text(encoding="utf-8"), page.name, capsys) > 0


def test_the_readme_has_commands() -> None:
    assert ROOT / "README.md" in WITH_COMMANDS


SAMPLE = """
<!-- file: rows.csv -->
```csv
doi,formula,working_ion,role,capacity_mAh_g
10.1000/a,LiFePO4,Li,cathode,160
```

```console
$ hemml data check rows.csv
$ make train
$ hemml ui --port 5000  # not run
```

```text
rows.csv: 1 row, 0 errors,   0 warnings
...
Usable.
```

<!-- not run -->
```bash
hemml describe Xx2O3
```

```bash
hemml describe LiFePO4 \\
  --json
```

The form is

```json
{"formula": "..."}
```
"""


@pytest.mark.usefixtures("folder")
def test_a_sample_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_page(SAMPLE, "sample", capsys) == 2
    with pytest.raises(AssertionError, match=r"sample, line \d+: 'Good\.' is not printed"):
        run_page(SAMPLE.replace("Usable.", "Good."), "sample", capsys)
    with pytest.raises(AssertionError, match="sample, line 8: hemml data check rows"):
        run_page(SAMPLE.replace("LiFePO4", "Xx2O3"), "sample", capsys)
    with pytest.raises(AssertionError, match=r"mark 'hemml describe LiFePO4 \| head' with '# not run'"):
        run_page("```bash\nhemml describe LiFePO4 | head\n```\n", "sample", capsys)
