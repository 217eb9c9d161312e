"""The reference of descriptors says what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from hemml.features import FeatureSet
from hemml.features.statistics import PROPERTIES, STATISTICS

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "build_reference.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("build_reference", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference_is_up_to_date(tool):
    written = (ROOT / "docs" / "descriptors.md").read_text(encoding="utf-8")
    assert written == tool.build(), "run `make reference`"


def test_reference_names_every_feature_or_its_statistic_and_property(tool):
    text = tool.build()
    for feature in FeatureSet.default().features:
        if not feature.group.startswith("statistics"):
            assert f"| `{feature.name}` |" in text
    for name in (*STATISTICS, *PROPERTIES):
        assert f"| `{name}` |" in text


def test_every_source_is_numbered_once(tool):
    sources = tool.build().split("## References\n", 1)[1].strip().splitlines()
    assert [line.split(".")[0] for line in sources] == [str(i + 1) for i in range(len(sources))]
    assert len({line.split(". ", 1)[1] for line in sources}) == len(sources)


def test_check_fails_with_advice_where_the_file_is_out_of_date(tool, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tool, "REFERENCE", tmp_path / "descriptors.md")
    assert tool.main(["--check"]) == 1
    assert "run `make reference`" in capsys.readouterr().err
    assert tool.main([]) == 0
    assert tool.main(["--check"]) == 0
