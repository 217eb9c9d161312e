"""Fetching computed electrodes, against a client that answers with recorded documents."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import pytest

from hemml.cli import main
from hemml.data.sources import materials_project as source

KEY = "0123456789abcdef0123456789abcdef"
# Two documents as the client gives them (fields of emmet's InsertionElectrodeDoc), and one without a voltage.
LICOO2: dict[str, Any] = {
    "battery_id": "mp-22526_Li",
    "working_ion": "Li",
    "formula_charge": "CoO2",
    "formula_discharge": "LiCoO2",
    "max_delta_volume": 0.0431,
    "average_voltage": 3.8765,
    "capacity_grav": 273.84,
    "capacity_vol": 1371.5,
    "energy_grav": 1061.5,
    "energy_vol": 5316.6,
    "stability_charge": 0.0124,
    "stability_discharge": 0.0,
    "num_steps": 2,
    "max_voltage_step": 0.51,
    "chemsys": "Co-O",
}
ZINC: dict[str, Any] = LICOO2 | {
    "battery_id": "mp-18751_Zn",
    "working_ion": "Zn",
    "formula_charge": "MnO2",
    "formula_discharge": "Zn(MnO2)2",
    "capacity_vol": None,
    "chemsys": "Mn-O",
}
UNKNOWN: dict[str, Any] = LICOO2 | {"battery_id": "mp-1_Li", "average_voltage": None}


class MPRestError(Exception):
    """Stands in for the client's own error."""


class Client:
    """A client that knows what it was asked."""

    documents: tuple[dict[str, Any], ...] = (ZINC, LICOO2, UNKNOWN)
    hidden: tuple[str, ...] = ()
    failure: Exception | None = None
    asked: dict[str, Any]
    db_version = "2026.10.1"

    def __init__(self, api_key: str) -> None:
        assert api_key == KEY
        self.materials = SimpleNamespace(insertion_electrodes=self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    @property
    def available_fields(self) -> list[str]:
        return [name for name in (*LICOO2, "material_ids", "adj_pairs") if name not in self.hidden]

    def search(self, **asked: Any) -> list[Any]:
        type(self).asked = asked
        if self.failure is not None:
            raise self.failure
        return [SimpleNamespace(**document) for document in self.documents]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> type[Client]:
    """Put a fresh `Client` in the place of mp-api, and a key in the environment."""
    fake = type("Fake", (Client,), {})
    modules = {name: ModuleType(name) for name in ("mp_api", "mp_api.client", "mp_api.client.core")}
    modules["mp_api.client"].MPRester = fake  # type: ignore[attr-defined]
    modules["mp_api.client.core"].MPRestError = MPRestError  # type: ignore[attr-defined]
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setenv("MP_API_KEY", KEY)
    return fake


def fetch(path: Path, *more: str) -> int:
    return main(["data", "fetch", "materials-project", "--output", str(path), *more])


def test_the_table_has_the_columns_of_the_voltage_prior(
    client: type[Client], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from hemml.models.voltage_prior_training import NUMBERS, TEXTS

    path = tmp_path / "mp.csv"
    assert fetch(path) == 0
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {*TEXTS, *NUMBERS} <= set(rows[0])
    assert [row["battery_id"] for row in rows] == ["mp-18751_Zn", "mp-22526_Li"]
    lithium = rows[1]
    assert lithium["average_voltage_V"] == "3.8765"
    assert lithium["max_delta_volume_fraction"] == "0.0431"
    assert lithium["stability_discharge_eV_atom"] == "0.0"
    assert lithium["n_steps"] == "2"
    assert lithium["host_system"] == "Co-O"
    assert rows[0]["capacity_mAh_cm3"] == ""
    assert set(client.asked["fields"]) == {*LICOO2, "material_ids"}
    out = capsys.readouterr().out
    assert "2 electrodes" in out
    assert "1 without what is needed" in out
    assert "10.1063/1.4812323" in out


def test_source_and_licence_stand_beside_the_table(client: type[Client], tmp_path: Path) -> None:
    assert fetch(tmp_path / "mp.csv") == 0
    text = (tmp_path / "mp.source.json").read_text("utf-8")
    about = json.loads(text)
    assert about["licence"] == "CC BY 4.0"
    assert about["database_version"] == "2026.10.1"
    assert about["rows"] == 2
    assert KEY not in text


def test_json_names_what_was_written(client: type[Client], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetch(tmp_path / "mp.csv", "--json") == 0
    about = json.loads(capsys.readouterr().out)
    assert (about["rows"], about["left_out"]) == (2, 1)


def test_newer_documents_work_out_their_id(client: type[Client]) -> None:
    client.hidden = ("battery_id",)
    found = source.read_documents(client(KEY))
    assert "battery_id" not in client.asked["fields"]
    assert len(found.rows) == 2


def test_an_older_table_is_replaced_but_no_other_file(
    client: type[Client], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mp.csv"
    assert fetch(path) == 0
    assert fetch(path) == 0
    path.write_text("sample,capacity\nA,100\n", encoding="utf-8")
    assert fetch(path) == 2
    assert "exists and holds something else" in capsys.readouterr().err
    assert path.read_text("utf-8").startswith("sample")


def test_without_a_key(
    client: type[Client], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MP_API_KEY", " ")
    assert fetch(tmp_path / "mp.csv") == 2
    assert "environment variable MP_API_KEY: must hold your own key" in capsys.readouterr().err
    assert not (tmp_path / "mp.csv").exists()


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "mp_api", None)
    monkeypatch.setitem(sys.modules, "mp_api.client", None)
    monkeypatch.setenv("MP_API_KEY", KEY)
    assert fetch(tmp_path / "mp.csv") == 2
    assert "pip install 'hemml[materials-project]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "failure", [MPRestError(f"Unauthorized: key {KEY} is invalid"), ConnectionError(f"no route, x-api-key={KEY}")]
)
@pytest.mark.parametrize("debug", [False, True])
def test_a_refusal_is_told_without_the_key(
    client: type[Client], failure: Exception, debug: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client.failure = failure
    assert fetch(tmp_path / "mp.csv", *(["--debug"] if debug else [])) == 1
    printed = capsys.readouterr()
    assert "must answer with insertion electrodes" in printed.err
    assert KEY not in printed.out + printed.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("documents", (UNKNOWN,), "must be at least one"),
        ("hidden", ("average_voltage",), "must know the field average_voltage"),
    ],
)
def test_answers_without_electrodes(
    client: type[Client],
    attribute: str,
    value: Any,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    setattr(client, attribute, value)
    assert fetch(tmp_path / "mp.csv") == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "message"),
    [("mp.xlsx", "must be a CSV file"), ("folder.csv", "must be a file"), ("no/where.csv", "folder that exists")],
)
def test_outputs_are_checked_before_anything_is_fetched(
    client: type[Client], name: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder.csv").mkdir()
    client.failure = AssertionError("asked")
    assert fetch(tmp_path / name) == 2
    assert message in capsys.readouterr().err
