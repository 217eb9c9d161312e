import pytest

from hemml.columns import Column
from hemml.data import RULES
from hemml.data.numbers import Trouble, read_number


@pytest.mark.parametrize(
    ("text", "value"), [("150", 150.0), ("150.", 150.0), ("+1.5e2", 150.0), ("1E2", 100.0), ("9.7", 9.7)]
)
def test_plain_numbers(text: str, value: float) -> None:
    assert read_number(text, RULES[Column.CAPACITY]) == value


def test_whole_numbers_may_be_written_with_a_zero_fraction() -> None:
    assert read_number("2020.0", RULES[Column.YEAR]) == 2020


@pytest.mark.parametrize(
    ("column", "text", "reason", "remedy"),
    [
        # units: 1 Ah/kg = 1 mAh/g, 1 Ah/g = 1000 mAh/g, 1 C = 1/3600 Ah, 1 A/g = 1000 mA/g
        (Column.CAPACITY, "150 mAh/g", "holds the unit 'mAh/g'", "write 150"),
        (Column.CAPACITY, "150 Ah/kg", "holds the unit 'Ah/kg'", "1 Ah/kg is 1 mAh/g: write 150"),
        (Column.CAPACITY, "0.15 Ah/kg", "holds the unit 'Ah/kg'", "write 0.15 (150 if Ah/g was meant)"),
        (Column.CAPACITY, "0.15 Ah/g", "holds the unit 'Ah/g'", "1 Ah/g is 1000 mAh/g: write 150"),
        (Column.CAPACITY, "150 mA h g⁻¹", "holds the unit", "write 150"),
        (Column.CAPACITY, "150mAhg-1", "holds the unit", "write 150"),
        (Column.CAPACITY, "540 C/g", "holds the unit", "write 150"),
        (Column.CAPACITY_CURRENT, "0.1 A/g", "holds the unit", "1 A/g is 1000 mA/g: write 100"),
        (Column.CAPACITY_CURRENT, "2C", "is a C-rate", "put 2 into capacity_c_rate instead"),
        (Column.RETENTION_CURRENT, "2C", "is a C-rate", "put 2 into retention_c_rate instead"),
        (Column.CAPACITY_C_RATE, "0.1 A/g", "is a current density", "put 100 into capacity_current_mA_g instead"),
        (Column.CAPACITY_C_RATE, "C/20", "must be a number", "write 0.05"),
        (Column.CAPACITY_C_RATE, "2C", "holds the unit 'C'", "write 2"),
        (Column.VOLTAGE, "3400 mV", "holds the unit 'mV'", "write 3.4"),
        (Column.VOLTAGE, "3400", "looks like mV", "write 3.4 if mV was meant"),
        (Column.TEMPERATURE, "298.15 K", "holds the unit K", "write 25"),
        (Column.TEMPERATURE, "298.15", "looks like kelvin", "write 25 if K was meant"),
        (Column.TEMPERATURE, "25 °C", "holds the unit '°C'", "write 25"),
        (Column.RETENTION_CYCLES, "500 cycles", "holds the unit 'cycles'", "write 500"),
        # percent and fractions
        (Column.RETENTION, "87%", "holds a percent sign", "write 87"),
        (Column.RETENTION, "87.5 %", "holds a percent sign", "write 87.5"),
        (Column.RETENTION, "0.92", "looks like a fraction, must be percent", "write 92"),
        (Column.RETENTION, "1.05", "looks like a fraction", "write 105"),
        (Column.CAPACITY, "87%", "holds a percent sign, must be 1 to 4500 mAh/g", "bare number"),
        (Column.CAPACITY, "0.15", "looks like Ah/g", "write 150 if Ah/g was meant"),
        # commas, signs, words
        (Column.RETENTION, "92,5", "holds a comma", "write 92.5"),
        (Column.RETENTION, "0,925", "holds a comma", "write 0.925"),
        (Column.CAPACITY, "1,200", "holds a comma", "write 1200 if it separates thousands, 1.200 if decimals"),
        (Column.CAPACITY, "150,5 mAh/g", "holds a comma", "write 150.5, without the unit"),
        (Column.VOLTAGE_MIN, "−0.5", "typographic minus", "write -0.5"),
        (Column.CAPACITY, "~150", "without words or signs", "write 150 and set value_is_approximate to 1"),
        (Column.CAPACITY, "up to 150 mAh/g", "without words", "write 150 and set value_is_approximate to 1"),
        (Column.CAPACITY, "150 ± 3", "spread", "write 150"),
        (Column.CAPACITY, "120-150", "got a range", "one row for each condition"),
        (Column.CAPACITY, "n/a", "must be a number or empty", "leave the cell empty"),
        (Column.CAPACITY, "nan", "must be a number or empty", "leave the cell empty"),
        (Column.CAPACITY, "inf", "must be 1 to 4500 mAh/g", "write a number"),
        (Column.CAPACITY, "1e400", "must be a finite number", "write the number that was measured"),
        (Column.CAPACITY, "1_000", "must be", "write"),
        (Column.CAPACITY, "１５０", "must be 1 to 4500 mAh/g", "write a number"),
        (Column.CAPACITY, "high", "must be 1 to 4500 mAh/g", "write a number"),
        (Column.CAPACITY, "150 bananas", "holds text", "write 150 if that is in mAh/g"),
        # ranges, limits included
        (Column.CAPACITY, "0", "must be 1 to 4500 mAh/g", "check the value and its unit"),
        (Column.CAPACITY, "-5", "must be 1 to 4500 mAh/g", "check the value and its unit"),
        (Column.CAPACITY, "4500.1", "must be 1 to 4500 mAh/g", "check the value and its unit"),
        (Column.CAPACITY_CURRENT, "0", "must be above 0", "the column's unit is mA/g"),
        (Column.VOLTAGE, "-1.1", "must be -1 to 6 V", "check"),
        (Column.VOLTAGE, "6.1", "must be -1 to 6 V", "check"),
        (Column.RETENTION, "151", "must be 0 to 150 %", "check"),
        (Column.RETENTION_CYCLES, "0", "must be whole number, 1 to", "check"),
        (Column.RETENTION_CYCLES, "99.5", "must be a whole number", "write 100"),
    ],
)
def test_what_is_wrong_and_what_to_write(column: Column, text: str, reason: str, remedy: str) -> None:
    trouble = read_number(text, RULES[column])
    assert isinstance(trouble, Trouble), trouble
    assert reason in trouble.reason
    assert remedy in trouble.remedy


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (Column.CAPACITY, "1"),
        (Column.CAPACITY, "4500"),
        (Column.RETENTION, "0"),
        (Column.RETENTION, "1.7"),
        (Column.RETENTION, "150"),
        (Column.VOLTAGE_MIN, "-1"),
        (Column.VOLTAGE_MAX, "6"),
        (Column.TEMPERATURE, "250"),
    ],
)
def test_limits_themselves_are_allowed(column: Column, text: str) -> None:
    assert read_number(text, RULES[column]) == float(text)
