"""Design spaces that cannot be used, and what the messages say."""

from __future__ import annotations

from pathlib import Path

import pytest

from hemml.active.objective import Objective
from hemml.active.space import DesignSpace
from hemml.errors import InputError

GOOD = """
title: Spinels
working_ion: Zn
role: cathode
family: spinel
sublattices:
  - {name: zinc, kind: mobile, elements: [Zn], amount: {min: 0.5, max: 1.0, step: 0.25}}
  - name: metals
    kind: cation
    amount: 2
    step: 0.05
    components: [3, 4]
    elements: {Mn: {min: 0.2}, Fe: {max: 0.5}, Co: , Ni: }
  - {name: oxygen, kind: anion, fixed: {O: 4}}
conditions: {capacity_current_mA_g: 100}
objectives: [capacity_mAh_g:max]
constraints: [charge_balanced]
"""


def load(tmp_path: Path, text: str) -> DesignSpace:
    path = tmp_path / "spinels.yaml"
    path.write_text(text, encoding="utf-8")
    return DesignSpace.load(path)


def test_the_starting_point_is_good(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).size > 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title:", "titel:", r"design space spinels\.yaml: .*titel: unknown key, did you mean title\?"),
        ("    step: 0.05", "    stepp: 0.05", r"sublattices\.2\.stepp: unknown key, did you mean step\?"),
        ("{min: 0.2}", "{minn: 0.2}", r"sublattices\.2\.elements\.1\.minn: unknown key, did you mean min\?"),
        ("{min: 0.2}", "0.2", r"Mn must have bounds such as \{min: 0.1, max: 0.5\}"),
        ("max: 1.0, step: 0.25", "max: 1.0, stp: 0.25", r"amount\.range\.stp: unknown key, did you mean step\?"),
        ("role: cathode", "role: cathod", r"role: unknown role 'cathod'; did you mean 'cathode'"),
        ("family: spinel", "family: spinell", r"unknown family 'spinell'; did you mean 'spinel'"),
        ("working_ion: Zn", "working_ion: Zm", r"unknown working ion 'Zm'"),
        ("working_ion: Zn\n", "", r"must have working_ion; add working_ion: \.\.\. at the top level"),
        ("kind: cation", "kind: kation", r"sublattices\.2\.kind: Input should be 'cation'"),
        ("amount: 2", "amount: two", r"amount.*valid number.*\(got 'two'\)"),
        ("amount: 2", "amount: '2'", r"amount.*valid number"),
        ("amount: 2", "amount: -1", r"greater than 0 \(got '-1'\)"),
        ("    amount: 2\n", "", r"must have an amount: the sites per formula unit"),
        ("fixed: {O: 4}", "fixed: {O: 4}, amount: 4", r"a fixed part takes no amount; remove it"),
        ("fixed: {O: 4}", "fixed: {O: 0}", r"fixed\.O: Input should be greater than 0"),
        ("fixed: {O: 4}", "step: 1", r"must have either elements \(with amount\) or fixed"),
        ("{O: 4}", "{Ox: 4}", r"unknown species or element of .*sublattice oxygen 'Ox'; did you mean 'O'"),
        ("Ni: }", "Nl: }", r"unknown species or element of .*sublattice metals 'Nl'; did you mean 'N"),
        ("step: 0.05", "step: 0.03", r"sublattice metals: step must divide 1 .*got 0.03; write 0.030303"),
        ("{min: 0.2}", "{min: 0.22}", r"Mn\.min must be a multiple of step, which is 0.05; got 0.22; write 0.2"),
        ("{min: 0.2}", "{min: 0.6, max: 0.5}", r"Mn\.min must not be above its max, got 0.6 and 0.5"),
        ("{min: 0.2}", "{min: 1.2}", r"elements\.1\.min: .*less than or equal to 1"),
        ("[3, 4]", "[3, 5]", r"components must be two rising numbers up to 4, .*got \[3, 5\]"),
        ("[3, 4]", "[4, 3]", r"components must be two rising numbers"),
        ("[3, 4]", "[0, 3]", r"components\.1: .*greater than or equal to 1"),
        ("Co: ,", "Co: {min: 0.5}, Cr: {min: 0.5},", r"least fractions must not add up to more than 1, got 1.2; lower"),
        (
            "{Mn: {min: 0.2}, Fe: {max: 0.5}, Co: , Ni: }",
            "{Mn: {max: 0.2}, Fe: {max: 0.2}, Co: {max: 0.2}, Ni: {max: 0.2}}",
            r"greatest fractions of 4 elements must reach 1, got 0.8",
        ),
        ("[3, 4]", "[3, 4]\n    smallest: 0.5", r"must leave at least one mixture, got none: 3 to 4 of 4 elements"),
        ("max: 1.0, step: 0.25", "max: 0.4, step: 0.1", r"amount\.max must be above amount\.min, got 0.4 and 0.5"),
        ("max: 1.0, step: 0.25", "max: 1.0, step: 0.3", r"amount\.step must divide the range from 0.5 to 1 .*got 0.3"),
        ("amount: 2", "amount: {total: 3, minus: zink}", r"unknown sublattice in .*'zink'; did you mean 'zinc'"),
        ("amount: 2", "amount: {total: 1, minus: zinc}", r"amount\.total must be above the largest amount of zinc, 1"),
        ("amount: 2", "amount: {min: 0, max: 2, step: 1}", r"amount\.min of a mixed sublattice must be above 0"),
        ("name: oxygen", "name: metals", r"sublattices must have different names, got metals twice"),
        (
            "- {name: oxygen",
            "- {name: o2, kind: anion, fixed: {O: 1}}\n  - {name: oxygen",
            r"O must stand in one anion",
        ),
        (
            "- {name: oxygen",
            "- {name: a, kind: alloy, fixed: {Cu: 1}}\n  - {name: oxygen",
            r"an alloy has no other sub",
        ),
        ("Ni: }", "Ni: , Mn: }", r"must be YAML, got: key 'Mn' stands twice, again in line 13"),
        (
            "capacity_current_mA_g: 100",
            "capacity_current: 100",
            r"unknown condition .*did you mean 'capacity_current_mA_g'",
        ),
        ("capacity_current_mA_g: 100", "role: anode", r"role must stand at the top level, not under conditions"),
        ("capacity_current_mA_g: 100", "capacity_mAh_g: 100", r"unknown condition 'capacity_mAh_g'"),
        (
            "capacity_current_mA_g: 100",
            "capacity_current_mA_g: -5",
            r"conditions\.capacity_current_mA_g = '-5': must be",
        ),
        ("capacity_current_mA_g: 100", "capacity_current_mA_g: 1 A/g", r"1 A/g is 1000 mA/g: write 1000"),
        (
            "capacity_current_mA_g: 100",
            "voltage_min_V: 2, voltage_max_V: 1",
            r"conditions\.voltage_min_V = '2': must be below voltage_max_V",
        ),
        ("capacity_mAh_g:max", "capacity_mAh_g:more", r"objective capacity_mAh_g: goal must be one of max, min"),
        ("capacity_mAh_g:max", "capacity:max", r"unknown quantity of an objective 'capacity'"),
        ("capacity_mAh_g:max", "capacity_mAh_g", r"objective must be QUANTITY:GOAL"),
        ("capacity_mAh_g:max", "capacity_mAh_g:at_least:100", r"must have one to improve on .*got only limits"),
        ("capacity_mAh_g:max", "vec:max, vec:max", r"objectives must differ, got vec:max twice"),
        ("capacity_mAh_g:max", "vec:max, vec:target:6", r"objectives must improve on vec in one way, got two"),
        ("capacity_mAh_g:max", "charge_balanced:max", r"write it as a constraint, not as an objective"),
        ("[capacity_mAh_g:max]", "[]", r"objectives: .*at least 1 item"),
        ("[charge_balanced]", "[vecc >= 3]", r"unknown quantity of constraint 'vecc >= 3' 'vecc'; did you mean 'vec'"),
        ("[charge_balanced]", "['vec >=']", r"constraint 'vec >=', position 7: expected a number"),
        ("[charge_balanced]", "[retention_pct >= 80]", r"got the predicted retention_pct; write it as an objective"),
        ("[charge_balanced]", "[amount_Cu <= 1]", r"unknown element of amount_Cu in 'amount_Cu <= 1' 'Cu'"),
        ("[charge_balanced]", "[charge_balanced]\ncost: vec > 1", r"cost 'vec > 1': must be a number"),
        (
            "[charge_balanced]",
            "[charge_balanced]\nsynthesis: {rout: sol_gel}",
            r"synthesis\.rout: unknown key, did you",
        ),
        (
            "[charge_balanced]",
            "[charge_balanced]\nsynthesis: {route: sol_gel, batch_mg: 0}",
            r"batch_mg: .*greater than 0",
        ),
        ("title:", "format: 2\ntitle:", r"format must be 1, got 2; update hemml or the file"),
        ("sublattices:", "candidates: none.csv\nsublattices:", r"none\.csv'?: must be an existing CSV file"),
    ],
)
def test_a_space_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match=message) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert "spinels.yaml" in str(caught.value) or "none.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"must be a mapping of keys, got NoneType"),
        ("- a\n- b\n", r"must be a mapping of keys, got list"),
        ("title: [unclosed", r"must be YAML, got"),
        ("title: !!python/object/apply:os.system [true]", r"must be YAML, got: could not determine a constructor"),
        ("a: " + "[" * 1200 + "]" * 1200, r"must be YAML, got"),
        ("title: Empty\nobjectives: [vec:max]\n", r"must have either sublattices or candidates; give one of them"),
    ],
)
def test_what_is_no_space_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(tmp_path, text)


def test_a_file_must_be_there_and_be_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must be an existing file, found none"):
        DesignSpace.load(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"must be a readable UTF-8 file"):
        DesignSpace.load(tmp_path / "binary.yaml")
    with pytest.raises(InputError, match=r"must be a YAML or CSV file, got a folder; name the file in it"):
        DesignSpace.load(tmp_path)


def test_json_from_elsewhere_is_refused() -> None:
    with pytest.raises(InputError, match=r"must be JSON as written by to_json"):
        DesignSpace.from_json("{")
    with pytest.raises(InputError, match=r"must be a JSON object, got list"):
        DesignSpace.from_json("[]")
    with pytest.raises(InputError, match=r"title: Field required"):
        DesignSpace.from_json("{}")


def test_formulas_must_read_as_the_sublattices(tmp_path: Path) -> None:
    dopants = GOOD.replace("- {name: oxygen", "- {name: few, kind: cation, fixed: {La: 0.1}}\n  - {name: oxygen")
    with pytest.raises(InputError, match=r"must read as its sublattices, but Zn0\.5\(.*\[La0\.1\]O4 has .* as cation"):
        load(tmp_path, dopants)
    mixed = GOOD.replace("elements: [Zn], amount", "elements: [Zn, Na], step: 0.5, amount")
    with pytest.raises(InputError, match=r"has .* as (mobile|cation) where"):
        load(tmp_path, mixed)


def test_objectives_given_replace_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "spinels.yaml"
    path.write_text(GOOD, encoding="utf-8")
    space = DesignSpace.load(path, [Objective("vec", "target", 6.0)])
    assert [str(objective) for objective in space.objectives] == ["vec:target:6"]
