"""Registered versions: numbered by training, one of them the champion, found by number, alias and URI."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from hemml.cli.app import main
from hemml.columns import Column
from hemml.models.prediction import Predictor
from hemml.tracking import Store, log_training
from hemml.tracking.connection import connected
from hemml.tracking.located import located
from hemml.tracking.registry import bundles_of, find, versions

TARGET = Column.VOLTAGE


@pytest.fixture(scope="module")
def store(trained, tmp_path_factory) -> Store:
    """Three trainings: the same twice, then one on other data."""
    store = Store.at(tmp_path_factory.mktemp("registry"))
    for sha in ("cd" * 32, "cd" * 32, "ef" * 32):
        log_training(replace(trained, data_sha256=sha), {}, store=store)
    return store


@pytest.fixture
def hemml(store, capsys, monkeypatch):
    """Run `hemml models ...` on the store; exit code, output and messages."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["models", *arguments, "--store", str(store.database.parent)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def champion(store: Store) -> int:
    with connected(store) as client:
        return find(client, "champion").number


def test_the_first_training_is_the_champion_and_later_ones_are_not(store):
    with connected(store) as client:
        found = versions(client)
    assert [version.number for version in found] == [3, 2, 1]
    assert [version.aliases for version in found] == [(), (), ("champion",)]
    assert len({version.run for version in found}) == 3


def test_a_version_holds_the_bundles_as_they_were_written(store, trained):
    with connected(store) as client, bundles_of(client, find(client, "2")) as folder:
        assert [path.name for path in folder.iterdir()] == [TARGET]
        for original in (trained.bundle_directory / TARGET).iterdir():
            assert (folder / TARGET / original.name).read_bytes() == original.read_bytes()
        assert Predictor.load(folder).targets == (TARGET,)


@pytest.mark.parametrize("name", ["1", "v1", "champion", "@champion", "models:/hemml/1", "models:/hemml@champion"])
def test_a_version_is_found_by_all_its_names(store, name):
    with located(name, store) as place:
        assert place.name == "version 1"
        assert (place.folder / TARGET / "metadata.json").is_file()


def test_models_are_listed_with_scores(hemml, trained):
    code, out, _ = hemml("list", "--json")
    assert code == 0
    shipped, *found = json.loads(out)
    assert shipped["model"] == "default"
    assert set(shipped["targets"]) == {"capacity_mAh_g", "average_voltage_V", "retention_pct"}
    assert [entry["version"] for entry in found] == [3, 2, 1]
    assert found[2]["aliases"] == ["champion"]
    assert found[0]["data_sha256"] == "ef" * 32
    scores = found[0]["targets"][str(TARGET)]
    item = trained.results[0]
    assert scores["mae"] == pytest.approx(item.scores.mae, rel=1e-9)
    assert scores["skill_95"] == pytest.approx(item.intervals["skill"], rel=1e-9)
    assert scores["has_skill"] is item.has_skill


def test_the_list_reads_as_a_table(hemml):
    code, out, err = hemml("list")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    (champion_line,) = [line for line in lines if "champion" in line]
    assert champion_line.split()[:3] == ["version", "1", "champion"]
    assert "cdcdcdcd" in champion_line
    assert "efefefef" in out


def test_the_card_of_a_version_is_that_of_its_bundles(hemml, trained):
    written = (trained.bundle_directory / TARGET / "card.md").read_text(encoding="utf-8")
    assert hemml("card", "champion") == (0, written, "")
    code, out, _ = hemml("card", "3", "--json")
    assert code == 0
    assert json.loads(out) == {"model": "version 3", "cards": {str(TARGET): written}}


def test_the_same_training_twice_is_no_better(hemml):
    code, out, err = hemml("compare", "champion", "2", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["models"] == ["version 1", "version 2"]
    about = found["targets"][str(TARGET)]
    assert about["verdict"] == "same within the intervals"
    first, second = about["scores"]["mae"]
    assert first == second
    assert first["interval_95"][0] < first["value"] < first["interval_95"][1]


def test_a_model_is_compared_with_a_folder(hemml, trained):
    code, out, err = hemml("compare", "1", str(trained.bundle_directory))
    assert (code, err) == (0, "")
    assert "Their MAE does not differ beyond the 95 % intervals." in out


def test_models_of_other_data_are_not_called_better(hemml):
    code, out, err = hemml("compare", "1", "default")
    assert code == 0
    assert "Not comparable: they were trained on different data" in out
    assert "better" not in out
    assert "neither can be called better" in err
    assert "only default predicts capacity_mAh_g, retention_pct" in err


def test_a_version_that_is_not_there_is_answered_with_those_that_are(hemml):
    code, _, err = hemml("promote", "7")
    assert code == 2
    assert "unknown version or alias of the registered model '7'; known: 1, 2, 3, champion" in err
    code, _, err = hemml("card", "champoin")
    assert code == 2
    assert "did you mean 'champion'?" in err


def test_a_registered_model_of_another_name_is_refused(hemml):
    code, _, err = hemml("card", "models:/iris@champion")
    assert code == 2
    assert "registered model must be 'hemml', got 'iris'" in err


def test_a_folder_that_is_not_there_or_holds_no_bundle_is_refused(hemml, tmp_path):
    code, _, err = hemml("card", str(tmp_path / "none"))
    assert code == 2
    assert "must be a folder of bundles" in err
    code, _, err = hemml("card", str(tmp_path))
    assert code == 2
    assert "must be a folder with a bundle a target" in err


def test_a_promoted_version_is_the_champion_and_says_what_it_replaced(hemml, store):
    code, out, _ = hemml("promote", "2")
    assert code == 0
    assert "Version 2 is the champion now, in place of version 1" in out
    assert champion(store) == 2
    code, out, _ = hemml("promote", "champion")
    assert "Version 2 is the champion already." in out
    code, out, _ = hemml("promote", "1", "--json")
    assert json.loads(out) == {"champion": 1, "replaced": 2, "targets": [str(TARGET)]}
    assert champion(store) == 1


def test_a_damaged_version_is_not_promoted(hemml, store):
    with connected(store) as client, bundles_of(client, find(client, "3")) as folder:
        evidence = folder / TARGET / "evidence.npz"
    evidence.write_bytes(evidence.read_bytes()[:-1])
    code, out, err = hemml("promote", "3")
    assert (code, out) == (2, "")
    assert "version 3 cannot become the champion" in err
    assert "SHA-256" in err
    shutil.rmtree(folder.parent)
    code, _, err = hemml("promote", "3")
    assert code == 2
    assert "the champion is unchanged" in err
    assert champion(store) == 1


def test_hemml_predict_takes_the_champion(store, trained, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.tracking_uri)
    monkeypatch.chdir(tmp_path)
    assert main(["predict", "NaMnO2", "--models", "champion", "--json"]) == 0
    by_alias = json.loads(capsys.readouterr().out)
    assert main(["predict", "NaMnO2", "--models", str(trained.bundle_directory), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == by_alias
    assert list(by_alias[0]["predictions"]) == [str(TARGET)]
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    import mlflow

    assert not mlflow.is_tracking_uri_set(), "the variable must not become a setting of this process"


def test_without_a_store_only_the_models_that_come_with_hemml_are_there(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["models", "list"]) == 0
    out = capsys.readouterr().out
    assert "default" in out
    assert "No training is registered in sqlite:" in out
    assert main(["models", "list", "--store", str(tmp_path)]) == 2
    assert main(["models", "promote", "1"]) == 2
    assert "tracking store must be a file that exists" in capsys.readouterr().err
    assert main(["models", "card", "champion"]) == 2
    assert "train with python -m hemml.train" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
