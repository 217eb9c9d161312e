"""Proposals as CSV, JSON and lab sheets, with hostile names."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from hemml.active.export import (
    SheetHeader,
    csv_text,
    json_text,
    lab_sheet_html,
    read_json,
    write_csv,
    write_json,
    write_lab_sheet,
)
from hemml.active.export.lab_sheet import doi_link, formula_parts
from hemml.active.proposal import Nearest, PredictedValue, Proposal
from hemml.active.synthesis import make_recipe, recipe_or_reason
from hemml.errors import InputError

EVIL = '<script>alert("x")</script>'


def proposal(formula: str = "ZnMn1.5Ni0.5O4", **changes: object) -> Proposal:
    recipe, reason = recipe_or_reason(formula, "spinel")
    one = Proposal(
        id="P001",
        formula=formula,
        rank=12345678901234567890123,
        predicted={
            "capacity_mAh_g": PredictedValue(312.0, 252.0, 372.0, 0.9, "mAh/g"),
            "average_voltage_V": PredictedValue(1.31, 1.2, 1.5, 0.9, "V"),
        },
        acquisition=0.1 + 0.2,
        probabilities={"single_phase": 0.81},
        why="expected to add 3.1 % hypervolume",
        nearest=Nearest("hem-1", "10.1039/c9ee02803j", "ZnMn2O4", 0.42),
        descriptors={"S_config_cation_R": 1.609, "mixing_enthalpy_kJ_mol": None},
        conditions={"working_ion": "Zn", "capacity_current_mA_g": 100.0},
        recipe=recipe,
        no_recipe=reason,
    )
    return replace(one, **changes)  # type: ignore[arg-type]


HEADER = SheetHeader("Zn spinel", date(2026, 3, 2), "3")


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += data


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_is_flat_and_keeps_every_digit():
    row = rows(csv_text([proposal()]))[0]
    assert row["rank"] == "12345678901234567890123"
    assert float(row["acquisition"]) == 0.1 + 0.2
    assert (row["capacity_mAh_g_predicted"], row["capacity_mAh_g_lower"], row["capacity_mAh_g_upper"]) == (
        "312.0", "252.0", "372.0"
    )  # fmt: skip
    assert (row["nearest_record"], row["nearest_doi"]) == ("hem-1", "10.1039/c9ee02803j")
    assert (row["S_config_cation_R"], row["mixing_enthalpy_kJ_mol"]) == ("1.609", "")
    assert row["precursors"].startswith("Zn(NO3)2·6H2O ")
    assert row["reagents"].startswith("C6H8O7 ")
    assert row["probability_single_phase"] == "0.81"


def test_csv_has_the_columns_of_all_rows():
    other = proposal(
        predicted={"retention_pct": PredictedValue(80.0, 60.0, 90.0, 0.9, "%")},
        nearest=None,
        recipe=None,
        no_recipe="-",
    )
    first, second = rows(csv_text([proposal(), other]))
    assert (first["retention_pct_predicted"], second["retention_pct_predicted"]) == ("", "80.0")
    assert (second["nearest_record"], second["precursors"], second["no_recipe"]) == ("", "", "'-")
    assert csv_text([]) == "\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_csv_cells_are_no_spreadsheet_formulas(start):
    text = csv_text([proposal(why=f"{start}1+1", conditions={f"{start}note": f"{start}2"})])
    cells = [cell for line in csv.reader(io.StringIO(text, newline="")) for cell in line]
    kept = start.replace("\r", "\n")
    assert f"'{kept}1+1" in cells
    assert f"'{kept}2" in cells
    assert f"'{kept}note" in cells
    assert not any(cell.startswith(("=", "+", "@", "\t", "\r", "\n")) for cell in cells)


def test_negative_numbers_stay_numbers():
    assert (
        rows(csv_text([proposal(descriptors={"mixing_enthalpy_kJ_mol": -3.5})]))[0]["mixing_enthalpy_kJ_mol"] == "-3.5"
    )


def test_json_file_is_exact(tmp_path):
    proposals = (proposal(), proposal(nearest=None, recipe=None, no_recipe="no route"))
    write_json(tmp_path / "p.json", proposals)
    assert read_json(tmp_path / "p.json") == proposals
    assert json.loads(json_text(proposals))["format"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "must be a JSON document"),
        ("[]", "format must be 1, got 'list'"),
        ('{"format": 2}', "format must be 1, got 2"),
        ('{"format": 1}', "must hold a list of proposals"),
        ('{"format": 1, "proposals": [3]}', "proposal 1 must be an object, got 3"),
        ('{"format": 1, "proposals": [{"id": "P001"}]}', "proposal 1: fields must be .* missing: formula, rank"),
    ],
)
def test_other_files_are_refused(tmp_path, text, message):
    (tmp_path / "p.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_json(tmp_path / "p.json")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("acquisition",), "high", r"proposal.acquisition must be a finite number, got 'high'"),
        (("rank",), 1.5, r"proposal.rank must be a whole number, got 1.5"),
        (("predicted",), [], r"proposal.predicted must be an object"),
        (("predicted", "capacity_mAh_g", "value"), None, r"predicted.capacity_mAh_g.value must be a finite number"),
        (("recipe", "precursors"), {}, r"proposal.recipe.precursors must be a list"),
        (("recipe", "precursors", 0, "mass_mg"), True, r"precursors\[0\].mass_mg must be a finite number, got True"),
        (("conditions", "role"), [], r"proposal.conditions.role must be str or int or float or bool"),
        (("extra",), 1, r"unknown: extra"),
    ],
)
def test_damaged_proposals_are_refused_with_the_place(path, value, message):
    plain = json.loads(json.dumps(proposal().to_json()))
    target = plain
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    with pytest.raises(InputError, match=message):
        Proposal.from_json(plain)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": ""}, "id and formula must not be empty"),
        ({"rank": 1.0}, r"rank must be a Python integer, got 1.0; give int\(rank\)"),
        ({"acquisition": float("nan")}, "acquisition must be finite, got nan"),
        ({"descriptors": {"vec": float("inf")}}, "vec must be finite"),
        ({"probabilities": {"in_domain": 1.2}}, "probability in_domain must be from 0 to 1"),
        ({"recipe": None}, "must have a recipe or say why not"),
    ],
)
def test_proposals_check_themselves(changes, message):
    with pytest.raises(InputError, match=message):
        proposal(**changes)


def test_predictions_lie_in_their_interval():
    with pytest.raises(InputError, match="inside its interval, got 5 in 1 to 2"):
        PredictedValue(5.0, 1.0, 2.0, 0.9)
    with pytest.raises(InputError, match="level must be between 0 and 1, got 90"):
        PredictedValue(1.5, 1.0, 2.0, 90.0)


def test_the_sheet_says_what_to_weigh_and_what_to_expect():
    recipe = make_recipe("ZnMn1.5Ni0.5O4", "spinel")
    page = Tags(lab_sheet_html([proposal(), proposal(id="P002")], HEADER))
    assert [tag for tag, _ in page.seen].count("article") == 2
    for one in (*recipe.precursors, *recipe.reagents):
        assert f"{one.mass_mg:.1f}" in page.words
        assert one.name in page.words
    assert f"{recipe.total_mg:.1f}" in page.words
    for text in (
        "Zn spinel",
        "2026-03-02",
        "sheet 2 of 2",
        "P002",
        "312",
        "252 to 372",
        "1.20 to 1.50",
        "H350i may cause",
    ):
        assert text in page.words
    assert {"href": "https://doi.org/10.1039/c9ee02803j", "rel": "noopener noreferrer"} in [a for _, a in page.seen]
    boxes = sum(attributes.get("class") == "box" for _, attributes in page.seen)
    assert boxes == 2 * (2 * len(recipe.precursors) + 1 + 2 * len(recipe.reagents) + 2 * 2)


def test_the_sheet_runs_nothing_and_reaches_nowhere():
    page = Tags(lab_sheet_html([proposal()], HEADER))
    names = {tag for tag, _ in page.seen}
    assert not names & {"script", "iframe", "link", "img", "object", "embed", "form"}
    for tag, attributes in page.seen:
        assert not any(name.startswith("on") for name in attributes), tag
        assert all(tag == "a" or "http" not in (value or "") for value in attributes.values()), tag


def test_every_text_is_escaped():
    evil = proposal(
        id=EVIL,
        formula=EVIL,
        why=EVIL,
        nearest=Nearest(EVIL, f"10.1000/{EVIL}".replace(" ", ""), EVIL, 1.0),
        conditions={EVIL: EVIL},
        probabilities={EVIL: 0.5},
        predicted={EVIL: PredictedValue(1.0, 0.0, 2.0, 0.9, EVIL)},
        recipe=None,
        no_recipe=EVIL,
    )
    html = lab_sheet_html([evil], SheetHeader(EVIL, date(2026, 3, 2), EVIL))
    assert "<script" not in html
    page = Tags(html)
    assert page.words.count('alert("x")') >= 11
    assert all(name not in attributes for _, attributes in page.seen for name in ("onerror", "onload"))
    plain = replace(evil, formula="LiCoO2", recipe=make_recipe("LiCoO2"), no_recipe="")
    assert plain.recipe is not None
    line = replace(plain.recipe.precursors[0], name=EVIL, formula=EVIL, hazards=(EVIL,))
    hostile = replace(
        plain.recipe, precursors=(line,), title=EVIL, steps=(EVIL,), notes=(EVIL,), sources=("javascript:alert(1)",)
    )
    html = lab_sheet_html([replace(plain, recipe=hostile)], HEADER)
    assert "<script" not in html
    assert 'href="javascript' not in html


@pytest.mark.parametrize(
    ("formula", "low"),
    [
        ("LiCoO2", ["2"]),
        ("Ni(NO3)2·6H2O", ["3", "2", "2"]),
        ("Ni(NO3)2.6H2O", ["3", "2", "2"]),
        ("NaNi1/3Mn0.67O2", ["1/3", "0.67", "2"]),
        ("0.5Li2MnO3·0.5LiMnO2", ["2", "3", "2"]),
        ("Na.9CoO2", [".9", "2"]),
    ],
)
def test_subscripts(formula, low):
    parts = formula_parts(formula)
    assert [text for text, is_low in parts if is_low] == low
    assert "".join(text for text, _ in parts) == formula.replace("2.6H2O", "2·6H2O")


@pytest.mark.parametrize("text", ["javascript:alert(1)", "https://doi.org/10.1/x", "", "10.1000/a b"])
def test_only_a_doi_is_a_link(text):
    assert doi_link(text) == ""


def test_files_hold_the_texts_and_are_the_same_twice(tmp_path):
    proposals = [proposal()]
    write_csv(tmp_path / "p.csv", proposals)
    write_lab_sheet(tmp_path / "p.html", proposals, HEADER)
    assert (tmp_path / "p.csv").read_text(encoding="utf-8") == csv_text(proposals)
    assert (tmp_path / "p.html").read_text(encoding="utf-8") == lab_sheet_html(proposals, HEADER)
    with pytest.raises(FileNotFoundError):
        write_csv(tmp_path / "nowhere" / "p.csv", proposals)
