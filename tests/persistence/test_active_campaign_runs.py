"""Steps of campaigns in MLflow."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hemml.errors import HemmlError
from hemml.tracking import Store
from hemml.tracking.campaign_runs import log_step
from hemml.tracking.connection import connected


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store.at(tmp_path_factory.mktemp("runs"))


@pytest.fixture(autouse=True)
def no_uri(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_every_step_is_a_run_of_the_campaigns_experiment(store: Store, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("proposals.csv", "proposals.json", "lab_sheet.html")]
    for file in files:
        file.write_text(file.name, encoding="utf-8")
    first = log_step(
        "zn_spinel",
        "propose",
        sequence=2,
        parameters_of_step={"batch": 1, "acquisition": {"kind": "nehvi", "samples": 256}, "long": "x" * 9000},
        metrics={"hypervolume": 0.25, "acquisition": float("nan")},
        artifacts=files,
        note="five proposals",
        seconds=3,
        tags={"hemml.space_sha256": "ab" * 32},
        store=store,
    )
    second = log_step("zn_spinel", "observe", sequence=5, metrics={"hypervolume": 0.5}, store=store)
    with connected(store) as client:
        experiment = client.get_experiment_by_name("campaign zn_spinel")
        assert experiment.artifact_location.startswith(store.artifact_location)
        runs = {run.info.run_id: run for run in client.search_runs([experiment.experiment_id])}
        logged = sorted(file.path for file in client.list_artifacts(first))
        curves = [client.get_metric_history(run, "hypervolume") for run in (first, second)]
    assert set(runs) == {first, second}
    run = runs[first]
    assert run.data.params["acquisition.kind"] == "nehvi"
    assert run.data.params["batch"] == "1"
    assert len(run.data.params["long"]) == 6000
    assert run.data.metrics == {"hypervolume": 0.25}
    assert logged == sorted(file.name for file in files)
    assert run.data.tags["mlflow.note.content"] == "five proposals"
    assert run.data.tags["hemml.kind"] == "campaign propose"
    assert run.data.tags["hemml.campaign_sequence"] == "2"
    assert run.data.tags["hemml.space_sha256"] == "ab" * 32
    assert run.info.status == "FINISHED"
    assert run.info.end_time - run.info.start_time >= 3000
    assert [(one[0].step, one[0].value) for one in curves] == [(2, 0.25), (5, 0.5)]


def test_campaigns_do_not_mix(store: Store) -> None:
    run = log_step("other", "new", sequence=1, store=store)
    with connected(store) as client:
        experiment = client.get_experiment_by_name("campaign other")
        assert [one.info.run_id for one in client.search_runs([experiment.experiment_id])] == [run]


def test_two_first_steps_at_once_share_the_experiment(store: Store) -> None:
    found: list[str] = []
    with connected(store) as client:
        asked = threading.Event()
        original = client.get_experiment_by_name

        def slow(name: str):
            answer = original(name)
            if not asked.is_set():
                asked.set()
                client.create_experiment(name)  # the other process
            return answer

        client.get_experiment_by_name = slow
        from hemml.tracking.connection import experiment_id

        found = [experiment_id(client, store, "campaign at once") for _ in range(2)]
    assert found[0] == found[1]


def test_a_file_that_is_missing_is_an_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(HemmlError, match=r"campaign 'zn', propose: files to log must exist, got none at .*none\.csv"):
        log_step("zn", "propose", sequence=1, artifacts=[tmp_path / "none.csv"], store=store)


def test_a_store_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("no database, but a text that is long enough to be looked at", encoding="utf-8")
    with pytest.raises(HemmlError, match=r"tracking store .*mlflow\.db: must take .*got: .*file is not a database"):
        log_step("zn", "propose", sequence=1, store=Store.at(tmp_path))


def test_a_deleted_experiment_is_an_error_that_says_how_to_restore_it(store: Store) -> None:
    log_step("gone", "new", sequence=1, store=store)
    with connected(store) as client:
        client.delete_experiment(client.get_experiment_by_name("campaign gone").experiment_id)
    with pytest.raises(HemmlError, match="experiment 'campaign gone' must be active, got deleted; restore it"):
        log_step("gone", "propose", sequence=2, store=store)
