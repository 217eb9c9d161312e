import json
from pathlib import Path

import pandas as pd
import pytest

from hemml.columns import Column
from hemml.data import load_default, resource_path, sha256_of
from hemml.data.card import repeat_difference, write_card

DATA = resource_path("datasets", "hem_electrodes.csv")


def test_committed_card_and_metadata_are_what_the_data_give(tmp_path: Path) -> None:
    for fresh in write_card(DATA, tmp_path):
        committed = resource_path("datasets", fresh.name).read_text(encoding="utf-8")
        assert committed == fresh.read_text(encoding="utf-8"), "run hemml.data.card.write_card on the data set again"


def test_metadata_agree_with_an_independent_count() -> None:
    metadata = json.loads(resource_path("datasets", "hem_electrodes.json").read_text(encoding="utf-8"))
    plain = pd.read_csv(DATA)
    assert metadata["sha256"] == sha256_of(DATA)
    assert metadata["rows"] == len(plain)
    assert [column["name"] for column in metadata["columns"]] == list(plain.columns)
    assert {column["name"]: column["filled"] for column in metadata["columns"]} == plain.notna().sum().to_dict()
    assert metadata["counts"]["working_ion"] == plain["working_ion"].value_counts().to_dict()
    assert metadata["licence"]["name"] == "CC BY 4.0"


def test_card_names_every_column_licence_hash_and_biases() -> None:
    card = resource_path("datasets", "hem_electrodes.card.md").read_text(encoding="utf-8")
    for column in Column:
        assert f"| `{column}` |" in card
    for needed in ("https://creativecommons.org/licenses/by/4.0/", sha256_of(DATA), "Sodium is over-represented"):
        assert needed in card


def test_repeat_difference_by_hand() -> None:
    rows = pd.DataFrame(
        {
            "doi": ["10.1/a", "10.1/a", "10.1/b", "10.1/c"],
            "url": "",
            "title": "",
            "record_id": ["1", "2", "3", "4"],
            "formula": ["X", "X", "X", "Y"],
            "working_ion": "Li",
            "role": "cathode",
            "capacity_mAh_g": [100.0, 110.0, 130.0, 70.0],
            "is_full_cell": False,
        }
    )
    # a against the median of b: 30 and 20; b against the median of a (105): 25; c has no other paper
    assert repeat_difference(rows, Column.CAPACITY) == (25.0, 3)


def test_repeat_difference_wants_a_target() -> None:
    with pytest.raises(ValueError, match="target must be one of capacity_mAh_g"):
        repeat_difference(load_default(), Column.YEAR)
