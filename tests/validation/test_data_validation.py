from pathlib import Path

import pandas as pd
import pytest

from hemml.columns import Column
from hemml.data import CONDITIONS, Problem, Severity, load_table, read_table, validate
from hemml.errors import DataError

GOOD = {
    "doi": "10.1000/a",
    "sample": "s1",
    "formula": "LiFePO4",
    "family": "olivine",
    "role": "cathode",
    "working_ion": "Li",
    "capacity_mAh_g": "160",
    "capacity_c_rate": "0.1",
}


def problems_of(*changes: dict[str, str]) -> list[Problem]:
    """The problems of a table with one row for each set of changes to a good row."""
    rows = [{**GOOD, "sample": f"s{place}", **change} for place, change in enumerate(changes)]
    return validate(pd.DataFrame(rows).fillna(""))


def test_good_row_has_no_problem() -> None:
    assert problems_of({}) == []


def test_smallest_table_that_is_enough() -> None:
    frame = pd.DataFrame(
        [{"formula": "LiFePO4", "working_ion": "Li", "role": "cathode", "average_voltage_V": "3.4", "url": "own:1"}]
    )
    assert validate(frame) == []


@pytest.mark.parametrize(
    ("change", "column", "reason", "remedy"),
    [
        ({"formula": ""}, "formula", "must be filled in every row", "give formula"),
        ({"role": ""}, "role", "must be filled in every row", "give electrode in the cell"),
        ({"working_ion": "  "}, "working_ion", "must be filled", "give ion"),
        ({"role": "Cathode"}, "role", "must be one of: cathode, anode", "write 'cathode'"),
        ({"role": "positive electrode"}, "role", "must be one of", "write 'cathode'"),
        ({"working_ion": "Zn2+"}, "working_ion", "must be one of", "write 'Zn'"),
        ({"working_ion": "zinc"}, "working_ion", "must be one of", "write 'Zn'"),
        ({"working_ion": "Na-ion"}, "working_ion", "must be one of", "write 'Na'"),
        ({"working_ion": "Rb"}, "working_ion", "must be one of: Li, Na", "use one of these words"),
        ({"family": "layered oxide"}, "family", "19 words of family", "write 'layered_oxide'"),
        ({"family": "spinell"}, "family", "19 words of family", "did you mean 'spinel'?"),
        ({"family": "wood"}, "family", "must be one of: layered_oxide", "'other' fits"),
        ({"is_full_cell": "yes"}, "is_full_cell", "must be 0 or 1", "write 1"),
        ({"is_composite": "FALSE"}, "is_composite", "must be 0 or 1", "write 0"),
        ({"is_composite": "2"}, "is_composite", "must be 0 or 1", "write 1 for yes and 0 for no"),
        ({"doi": "https://doi.org/10.1039/d0ra06897g"}, "doi", "must be a bare DOI", "write 10.1039/d0ra06897g"),
        ({"doi": "my notebook"}, "doi", "must be a bare DOI", "into url instead"),
        ({"doi": "", "url": "my notebook"}, "url", "without blanks", "own:notebook-12"),
        ({"doi": ""}, "doi", "got neither doi nor url", "give doi or url"),
        ({"capacity_mAh_g": ""}, "", "at least one measured value", "fill one of: capacity_mAh_g"),
        ({"retention_pct": "87"}, "retention_pct", "must have its cycle number", "fill retention_cycles"),
        ({"capacity_kind": "initial", "capacity_after_cycles": "5"}, "capacity_kind", "must be after_cycles", "clear"),
        ({"voltage_min_V": "4", "voltage_max_V": "2"}, "voltage_min_V", "must be below voltage_max_V", "swap"),
        ({"voltage_min_V": "2", "voltage_max_V": "2"}, "voltage_min_V", "must be below", "correct the limits"),
        ({"formula": "Li(FePO4"}, "formula", r"formula 'Li(FePO4', position", "correct the formula"),
    ],
)
def test_one_wrong_row(change: dict[str, str], column: str, reason: str, remedy: str) -> None:
    (problem,) = problems_of(change)
    assert problem.severity is Severity.ERROR
    assert (problem.row, problem.column) == (2, column)
    assert reason in problem.reason
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"capacity_kind": "after_cycles"}, "capacity_kind", "should have its cycle number"),
        ({"average_voltage_V": "4.5", "voltage_max_V": "4"}, "average_voltage_V", "outside the test window"),
        ({"notes": "full cell, hard carbon anode"}, "notes", "speaks of a full cell"),
        ({"doi": "", "title": "A paper"}, "doi", "only the title names the source"),
    ],
)
def test_warnings_do_not_keep_a_row_from_being_used(change: dict[str, str], column: str, reason: str) -> None:
    (problem,) = problems_of(change)
    assert problem.severity is Severity.WARNING
    assert problem.column == column
    assert reason in problem.reason


@pytest.mark.parametrize(
    "change",
    [
        {"retention_cycles": "100"},
        {"capacity_current_mA_g": "17"},
        {"capacity_kind": "after_cycles", "capacity_after_cycles": "100"},
        {"notes": "full cell, hard carbon anode", "is_full_cell": "1"},
        {"voltage_min_V": "2"},
        {"doi": "", "url": "own:notebook-12"},
        {"is_composite": "1.0"},
        {"formula": " LiFePO4 "},
    ],
)
def test_what_is_fine(change: dict[str, str]) -> None:
    assert problems_of(change) == []


def test_unreadable_retention_still_asks_for_its_cycles() -> None:
    assert [p.reason.split(",")[0] for p in problems_of({"retention_pct": "87%"})] == [
        "holds a percent sign",
        "must have its cycle number",
    ]


def test_repeated_row_and_repeated_id() -> None:
    (same,) = problems_of({"sample": "x", "capacity_mAh_g": "160"}, {"sample": "x", "capacity_mAh_g": "160.0"})
    assert (same.row, same.column, same.reason) == (3, "", "repeats the facts of line 2")
    (twice,) = problems_of({"record_id": "r1"}, {"record_id": "r1"})
    assert (twice.row, twice.column) == (3, "record_id")
    assert twice.reason == "must differ from row to row, line 2 has it too"


def test_same_conditions_with_another_value_is_a_warning() -> None:
    (problem,) = problems_of({"sample": "x"}, {"sample": "x", "capacity_mAh_g": "120"})
    assert problem.severity is Severity.WARNING
    assert problem.reason.startswith("differs from 160 on line 2")


def test_one_paper_under_two_addresses_is_a_warning() -> None:
    other = {"doi": "", "url": "https://a.org/1"}
    (problem,) = problems_of({"capacity_mAh_g": "161.3"}, {"capacity_mAh_g": "161.3", **other})
    assert problem.severity is Severity.WARNING
    assert "names another source" in problem.reason
    assert problems_of({"capacity_mAh_g": "160"}, {"capacity_mAh_g": "160", **other}) == []


def test_missing_columns_are_named_once_not_for_every_row() -> None:
    frame = pd.DataFrame([{"formula": "LiFePO4", "capacity": "160"}] * 3)
    found = {(problem.row, problem.column) for problem in validate(frame) if problem.row is None}
    assert found == {(None, "working_ion"), (None, "role"), (None, ""), (None, "doi"), (None, "capacity")}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("capacity_Ah_kg", "did you mean 'capacity_mAh_g' (values in mAh/g); 1 Ah/kg is 1 mAh/g?"),
        ("Capacity (mAh/g)", "did you mean 'capacity_mAh_g'"),
        ("Retention (%)", "did you mean 'retention_pct' (values in %)?"),
        ("workingion", "did you mean 'working_ion'?"),
        ("DOI", "did you mean 'doi'?"),
        ("operator", "rename or delete it; remarks go into notes"),
    ],
)
def test_unknown_column_gets_the_close_name(name: str, hint: str) -> None:
    (problem,) = problems_of({name: "1"})
    assert problem.column == name
    assert hint in problem.remedy
    assert problem.severity is Severity.ERROR


def test_table_to_predict_keeps_foreign_columns_and_reads_no_measured_value() -> None:
    frame = pd.DataFrame(
        [{"formula": "LiFePO4", "operator": "A", "capacity_mAh_g": "not measured", "retention_cycle": "5"}]
    )
    (problem,) = validate(frame, kind=CONDITIONS)
    assert problem.severity is Severity.WARNING
    assert "did you mean 'retention_cycles'" in problem.remedy
    frame["capacity_c_rate"] = "1C"
    assert [p.column for p in validate(frame, kind=CONDITIONS)] == ["retention_cycle", "capacity_c_rate"]


def test_lines_of_the_file_are_used_when_given() -> None:
    frame = pd.DataFrame([{**GOOD, "role": "x"}])
    assert [problem.row for problem in validate(frame, lines=[17])] == [17]


def test_a_new_users_table_gives_one_report_with_everything(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "doi,formula,working_ion,role,capacity_mAh_g,retention_pct,retention_cycles\n"
        "10.1000/a,LiFePO4,Li,cathode,160,87%,100\n"
        "10.1000/b,LiCoO2,Li,cathode,150,0.92,100\n"
        "10.1000/c,LiMn2O4,Li,cathode,120 Ah/kg,95,100\n"
        ",NaCoO2,Na,cathode,110,90,100\n"
        "10.1000/d,LiNiO2,Li,cathode,180,80,50\n"
        "10.1000/d,LiNiO2,Li,cathode,180,80,50\n"
        "10.1000/e,Xx2O3,Li,anode,500,,\n"
    )
    with pytest.raises(DataError, match="6 errors in 6 rows, 0 warnings") as caught:
        load_table(path)
    found = [(p.row, p.column, p.remedy) for p in caught.value.problems]
    assert found == [
        (2, "retention_pct", "write 87"),
        (3, "retention_pct", "write 92"),
        (4, "capacity_mAh_g", "1 Ah/kg is 1 mAh/g: write 120"),
        (5, "doi", "give doi or url; own measurements may use any identifier as url, such as own:notebook-12"),
        (7, "", "delete one of the two, or state what differs (sample, current, cycles, electrolyte)"),
        (8, "formula", "correct the formula"),
    ]
    assert "Xx" in caught.value.problems[-1].reason


def test_long_report_is_cut_in_the_message_only(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    rows = "".join(f"10.1/{place},LiFePO4,Li,cathode,160\n" for place in range(15))
    path.write_text("doi,formula,working_ion,role,capacity_mAh_g\n" + rows)
    with pytest.raises(DataError, match=r"and 5 more; `hemml data check .*mine.csv` lists all") as caught:
        load_table(path)
    assert len(caught.value.problems) == 15


def test_shipped_table_has_no_error_and_only_known_kinds_of_warning() -> None:
    from hemml.data import resource_path

    raw = read_table(resource_path("datasets", "hem_electrodes.csv"))
    problems = validate(raw.frame, lines=raw.lines)
    assert [str(problem) for problem in problems if problem.severity is Severity.ERROR] == []
    reasons = ("should have its cycle number", "only the title names", "differs from", "names another source")
    assert [str(p) for p in problems if not any(reason in p.reason for reason in reasons)] == []
    assert {p.column for p in problems} <= {Column.CAPACITY_KIND, Column.DOI, Column.CAPACITY}
