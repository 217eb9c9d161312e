import pytest

from hemml.columns import Column
from hemml.data import CONDITIONS, RECORDS, RULES, load_default, resource_path
from hemml.data.schema import ValueType


def test_every_column_has_one_rule_in_the_order_of_the_columns() -> None:
    assert list(RULES) == list(Column)


def test_every_number_has_a_range_and_a_unit_except_the_year() -> None:
    for rule in RULES.values():
        if rule.type in (ValueType.NUMBER, ValueType.INTEGER):
            assert rule.minimum is not None
            assert rule.maximum is not None
            assert rule.minimum < rule.maximum
            assert rule.column.unit or rule.column is Column.YEAR


def test_every_choice_has_a_vocabulary_without_repeats_and_its_default_is_in_it() -> None:
    for rule in RULES.values():
        if rule.type is ValueType.CHOICE:
            assert len(set(rule.vocabulary)) == len(rule.vocabulary) > 1
            assert rule.default in ("", *rule.vocabulary)


def test_shipped_header_is_the_list_of_columns() -> None:
    header = resource_path("datasets", "hem_electrodes.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.split(",") == [str(column) for column in Column]


@pytest.mark.parametrize(
    ("column", "allowed"),
    [
        (Column.RETENTION, "0 to 150 %"),
        (Column.CAPACITY_CURRENT, "above 0 to 200000 mA/g"),
        (Column.RETENTION_CYCLES, "whole number, 1 to 200000 cycles"),
        (Column.ROLE, "cathode, anode"),
        (Column.IS_COMPOSITE, "0 or 1"),
        (Column.NOTES, "text"),
    ],
)
def test_allowed_values_as_text(column: Column, allowed: str) -> None:
    assert RULES[column].allowed == allowed


def test_shipped_values_stay_away_from_the_limits() -> None:
    """A limit that cuts into known data would refuse the next honest measurement."""
    frame = load_default()
    assert frame[Column.CAPACITY].max() < 0.8 * RULES[Column.CAPACITY].maximum
    assert frame[Column.CAPACITY].min() > 2 * RULES[Column.CAPACITY].minimum
    assert frame[Column.RETENTION_CYCLES].max() < 0.5 * RULES[Column.RETENTION_CYCLES].maximum


def test_kinds_differ_in_what_they_need() -> None:
    assert Column.ROLE in RECORDS.required
    assert CONDITIONS.required == (Column.FORMULA,)
