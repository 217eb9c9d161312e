import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hemml.columns import TARGETS, Column
from hemml.data import CONDITIONS, load_default, load_table, sha256_of

MINE = "formula,working_ion,role,capacity_mAh_g,url\nLiFePO4,Li,cathode,160,own:1\nLiCoO2,Li,cathode,140,own:1\n"


@pytest.fixture(scope="module")
def shipped() -> pd.DataFrame:
    return load_default()


def test_shipped_table_agrees_with_an_independent_reading(shipped: pd.DataFrame) -> None:
    from hemml.data import resource_path

    plain = pd.read_csv(resource_path("datasets", "hem_electrodes.csv"))
    assert list(shipped.columns) == list(plain.columns)
    assert len(shipped) == len(plain)
    for column in plain:
        if plain[column].dtype == object:
            assert (shipped[column] == plain[column].fillna("")).all(), column
        else:
            values = shipped[column].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            np.testing.assert_array_equal(values, plain[column].astype(float), err_msg=column)


def test_types(shipped: pd.DataFrame) -> None:
    assert shipped[Column.CAPACITY].dtype == float
    assert shipped[Column.IS_FULL_CELL].dtype == bool
    assert shipped[Column.YEAR].dtype == "Int64"
    assert shipped[Column.DOI].map(type).eq(str).all()


def test_every_shipped_row_has_a_target_and_every_retention_its_cycles(shipped: pd.DataFrame) -> None:
    assert shipped[list(TARGETS)].notna().any(axis=1).all()
    assert (shipped[Column.RETENTION].notna() <= shipped[Column.RETENTION_CYCLES].notna()).all()


def test_user_table_gets_every_column_defaults_and_ids(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(MINE)
    frame = load_table(path)
    assert list(frame.columns) == [str(column) for column in Column]
    assert frame[Column.FORMULA_QUALITY].tolist() == ["exact", "exact"]
    assert not frame[Column.IS_FULL_CELL].any()
    assert frame[Column.FAMILY].tolist() == ["", ""]
    assert np.isnan(frame[Column.RETENTION]).all()
    assert frame[Column.RECORD_ID].str.fullmatch("row-[0-9a-f]{10}").all()
    assert frame[Column.RECORD_ID].is_unique


def test_made_ids_depend_on_the_facts_alone(tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(MINE)
    header, first, second = MINE.splitlines()
    two.write_text("\n".join([header + ",notes", second + ",n", first.replace("160", "160.0") + ",n"]))
    assert set(load_table(one)[Column.RECORD_ID]) == set(load_table(two)[Column.RECORD_ID])


def test_given_ids_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("record_id," + MINE.replace("\nLi", "\nrow-1,Li", 1).replace("\nLiCo", "\n,LiCo"))
    ids = load_table(path)[Column.RECORD_ID].tolist()
    assert ids[0] == "row-1"
    assert ids[1].startswith("row-")
    assert len(ids[1]) == 14


def test_table_to_predict_keeps_foreign_columns(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("operator,formula\nA,LiFePO4\n")
    frame = load_table(path, CONDITIONS)
    assert frame["operator"].tolist() == ["A"]
    assert frame[Column.FORMULA].tolist() == ["LiFePO4"]


def test_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc\r\n")
    assert sha256_of(path) == hashlib.sha256(b"abc\r\n").hexdigest()
