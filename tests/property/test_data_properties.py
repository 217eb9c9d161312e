"""Whatever a cell holds, reading it gives a number in range or a reason and a remedy, never an exception."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemml.columns import Column
from hemml.data import CONDITIONS, RECORDS, RULES, Severity, TableKind, validate
from hemml.data.numbers import Trouble, read_number
from hemml.data.schema import ValueType
from hemml.data.words import check_choice, check_flag, check_source

NUMERIC = [rule for rule in RULES.values() if rule.type in (ValueType.NUMBER, ValueType.INTEGER)]
UNITS = st.sampled_from(["", "%", " mAh/g", " Ah/kg", "C", " V", " K", "±2", "-3", ",5", "e5", "e400"])
CELLS = st.one_of(st.text(min_size=1, max_size=20), st.builds(lambda x, unit: f"{x}{unit}", st.floats(), UNITS))


@given(st.sampled_from(NUMERIC), CELLS)
def test_any_text_is_a_number_in_range_or_has_a_remedy(rule, text):
    found = read_number(text, rule)
    if isinstance(found, Trouble):
        assert found.reason
        assert found.remedy
    else:
        assert rule.minimum <= found <= rule.maximum
        assert found == float(text)


@given(st.sampled_from([rule for rule in NUMERIC if rule.type is ValueType.NUMBER]), st.data())
def test_numbers_in_range_are_read_unchanged(rule, data):
    value = data.draw(st.floats(max(rule.minimum, 2), rule.maximum))
    assert read_number(repr(value), rule) == value


@given(st.text(min_size=1, max_size=30))
def test_any_word_is_in_the_vocabulary_or_has_a_remedy(text):
    for rule in RULES.values():
        if rule.type is ValueType.CHOICE:
            trouble = check_choice(text, rule)
            assert trouble is None or trouble.remedy
            assert (trouble is None) == (text in rule.vocabulary)
    assert check_flag(text) is None or check_flag(text).remedy
    for column in (Column.DOI, Column.URL):
        assert check_source(text, column) is None or check_source(text, column).remedy


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.text(max_size=12), min_size=6, max_size=6), min_size=1, max_size=5),
    st.sampled_from([RECORDS, CONDITIONS]),
)
def test_any_table_gives_a_report(rows, kind: TableKind):
    names = ["formula", "working_ion", "role", "capacity_mAh_g", "doi", "capacity_kind"]
    problems = validate(pd.DataFrame(rows, columns=names, dtype=object), kind=kind)
    assert all(problem.reason and problem.remedy for problem in problems)
    assert [problem.row or 0 for problem in problems] == sorted(problem.row or 0 for problem in problems)


@pytest.mark.parametrize("kind", [RECORDS, CONDITIONS])
@settings(max_examples=25, deadline=None)
@given(order=st.permutations(["formula", "working_ion", "role", "capacity_mAh_g", "url", "is_full_cell"]))
def test_the_order_of_columns_does_not_matter(kind, order):
    row = {
        "formula": "LiFePO4",
        "working_ion": "Na2+",
        "role": "cathode",
        "capacity_mAh_g": "7%",
        "url": "",
        "is_full_cell": "x",
    }
    frame = pd.DataFrame([row])
    assert validate(frame[order], kind=kind) == validate(frame, kind=kind)
    assert any(problem.severity is Severity.ERROR for problem in validate(frame, kind=kind))
