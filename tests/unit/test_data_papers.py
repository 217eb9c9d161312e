import numpy as np
import pandas as pd
import pytest

from hemml.columns import Column
from hemml.data import half_cell, load_default, paper_ids, typed

TITLE = "A long title of a paper on sodium layered oxides"


def frame_of(*rows: dict[str, str]) -> pd.DataFrame:
    basis = {"formula": "LiFePO4", "role": "cathode", "working_ion": "Li", "capacity_mAh_g": "160"}
    return typed(pd.DataFrame([{**basis, **row} for row in rows]).fillna(""))


def test_doi_then_page_then_title_then_record() -> None:
    frame = frame_of(
        {"doi": "10.1000/A", "url": "https://a.org"},
        {"url": "https://a.org"},
        {"title": "Short title"},
        {"record_id": "row-1"},
    )
    assert paper_ids(frame).tolist() == ["10.1000/a", "https://a.org", "shorttitle", "row-1"]


def test_case_of_a_doi_does_not_matter() -> None:
    first, second = paper_ids(frame_of({"doi": "10.1000/ABC"}, {"doi": "10.1000/abc"}))
    assert first == second


def test_one_paper_under_two_addresses_is_joined_by_its_title() -> None:
    ids = paper_ids(
        frame_of({"doi": "10.1000/a", "title": TITLE}, {"url": "https://b.org", "title": TITLE.upper() + "."})
    )
    assert ids.tolist() == ["10.1000/a", "10.1000/a"]


def test_short_titles_do_not_join() -> None:
    ids = paper_ids(frame_of({"doi": "10.1000/a", "title": "Erratum"}, {"doi": "10.1000/b", "title": "Erratum"}))
    assert len(set(ids)) == 2


def test_uneven_capacity_of_one_formula_joins_and_a_round_one_does_not() -> None:
    other = {"url": "https://b.org"}
    uneven = frame_of({"doi": "10.1000/a", "capacity_mAh_g": "161.3"}, {**other, "capacity_mAh_g": "161.3"})
    even = frame_of({"doi": "10.1000/a", "capacity_mAh_g": "160"}, {**other, "capacity_mAh_g": "160"})
    assert len(set(paper_ids(uneven))) == 1
    assert len(set(paper_ids(even))) == 2


def test_links_join_chains() -> None:
    frame = frame_of(
        {"doi": "10.1000/c", "title": TITLE, "capacity_mAh_g": "161.3"},
        {"doi": "10.1000/b", "capacity_mAh_g": "161.3"},
        {"doi": "10.1000/a", "title": TITLE},
    )
    assert set(paper_ids(frame)) == {"10.1000/a"}


@pytest.mark.parametrize("seed", [0, 1])
def test_order_of_rows_does_not_matter(seed: int) -> None:
    frame = load_default()
    order = np.random.default_rng(seed).permutation(len(frame))
    assert (paper_ids(frame.iloc[order]) == paper_ids(frame)[order]).all()


def test_shipped_rows_of_one_address_are_one_paper() -> None:
    frame = load_default()
    ids = pd.Series(paper_ids(frame), index=frame.index)
    for column in (Column.DOI, Column.URL):
        named = frame[column] != ""
        assert ids[named].groupby(frame.loc[named, column]).nunique().eq(1).all()
    assert ids.ne("").all()


def test_half_cells_are_what_is_not_a_full_cell() -> None:
    frame = frame_of({"is_full_cell": "1"}, {"is_full_cell": "0"}, {"is_full_cell": ""})
    assert half_cell(frame).tolist() == [False, True, True]
