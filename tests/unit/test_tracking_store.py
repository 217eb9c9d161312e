"""Where runs are kept."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hemml.errors import InputError
from hemml.tracking import Store


@pytest.fixture(autouse=True)
def no_uri(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_default_is_a_sqlite_file_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = Store.default()
    assert store.database == tmp_path / "mlflow.db"
    assert store.tracking_uri == f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}"
    assert store.artifact_location == (tmp_path / "mlartifacts").as_uri()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("uri", ["http://tracking.example:5000", "postgresql://db.example/mlflow", "databricks://x"])
def test_the_users_tracking_uri_is_taken_as_it_is(monkeypatch, uri):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f" {uri} ")
    assert Store.default() == Store(uri, None)


def test_an_empty_tracking_uri_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", " ")
    assert Store.default(tmp_path).database == tmp_path / "mlflow.db"


def test_a_place_is_a_folder_a_file_or_a_uri(tmp_path):
    wanted = Store.at(tmp_path)
    assert Store.at(tmp_path / "mlflow.db") == wanted
    assert Store.at(f"sqlite:///{tmp_path.as_posix()}/mlflow.db") == wanted
    assert Store.at(tmp_path / "runs.db").database == tmp_path / "runs.db"


def test_files_of_the_users_own_sqlite_store_stand_beside_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path.as_posix()}/own.db")
    assert Store.default().artifact_location == (tmp_path / "mlartifacts").as_uri()


def test_a_path_that_no_uri_can_hold_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"must be without '\?'; use another folder"):
        Store.at(tmp_path / "why?")


def test_passwords_are_not_shown():
    store = Store("postgresql://me:secret@db.example:5432/runs")
    assert str(store) == "postgresql://db.example:5432/runs"
    assert "secret" in store.tracking_uri


def test_ui_command_is_one_that_works_where_it_is_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    python = Path(".venv") / "bin" / "python"
    assert Store.default().ui_command() == f"{python} -m hemml ui"
    assert Store.at(tmp_path / "my runs").ui_command() == f"{python} -m hemml ui --store '{tmp_path}/my runs/mlflow.db'"
    assert Store("https://tracking.example").ui_command() == "open https://tracking.example in a browser"


def test_ui_command_is_short_where_hemml_is_on_the_path(tmp_path, monkeypatch):
    command = tmp_path / "hemml"
    command.write_text("#!/bin/sh\n", encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Store.default().ui_command() == "hemml ui"
