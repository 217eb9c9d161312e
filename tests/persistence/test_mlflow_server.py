"""A training in MLflow, end to end: logged to a fresh store, read back from the files, the model and a real server."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hemml.columns import Column
from hemml.errors import BundleError, HemmlError
from hemml.models.prediction import Predictor
from hemml.tracking import Store, log_training

TARGET = Column.VOLTAGE
START_S = 120


def test_logging_prints_nothing_and_leaves_no_setting_behind(logged):
    import mlflow

    assert logged.printed == ""
    assert not mlflow.is_tracking_uri_set()
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR" not in os.environ


def test_telemetry_is_off(logged):
    from mlflow.telemetry.utils import is_telemetry_disabled

    assert is_telemetry_disabled()
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == os.environ["DO_NOT_TRACK"] == "true"


def test_everything_is_beside_the_database(logged):
    assert {path.name for path in logged.folder.iterdir()} == {"mlflow.db", "mlartifacts"}


def test_no_logged_file_is_pickled(logged):
    files = [path for path in (logged.folder / "mlartifacts").rglob("*") if path.is_file()]
    assert len(files) > 20
    suffixes = {path.suffix for path in files}
    assert not suffixes & {".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".bin"}
    assert [path for path in files if _is_pickle(path.read_bytes())] == []
    for path in files:
        if zipfile.is_zipfile(path):  # npz and skops
            with zipfile.ZipFile(path) as archive:
                assert [name for name in archive.namelist() if _is_pickle(archive.read(name))] == []
    for path in logged.folder.rglob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays)


def _is_pickle(content: bytes) -> bool:
    # protocol 2 and later begin with PROTO n and end with STOP
    return content[:1] == b"\x80" and content[1:2] <= b"\x05" and content.endswith(b".")


def test_the_model_is_code_beside_the_bundles(logged):
    import yaml

    about = yaml.safe_load((logged.model / "MLmodel").read_text(encoding="utf-8"))
    flavor = about["flavors"]["python_function"]
    assert list(about["flavors"]) == ["python_function"]
    assert flavor["loader_module"] == "mlflow.pyfunc.loaders.code_model"
    assert "python_model" not in flavor
    assert (logged.model / "served_model.py").is_file()
    requirements = (logged.model / "requirements.txt").read_text(encoding="utf-8").split()
    assert [line.partition("==")[0] for line in requirements] == ["mlflow", "hemml"]
    for original in (logged.result.bundle_directory / TARGET).iterdir():
        assert (logged.model / "artifacts" / TARGET / original.name).read_bytes() == original.read_bytes()


@pytest.fixture(scope="module")
def model(logged):
    import mlflow

    return mlflow.pyfunc.load_model(str(logged.model))


def test_the_loaded_model_predicts_what_the_bundle_predicts(logged, model):
    rows = logged.result.results[0].out_of_fold.head(4)[["formula", "working_ion", "role", "family"]]
    found = model.predict(rows)
    assert list(found.columns) == [column.name for column in model.metadata.signature.outputs]
    assert list(found.columns)[:3] == [f"average_voltage_V_{end}" for end in ("predicted", "lower", "upper")]
    from hemml.data import typed

    expected = Predictor.load(logged.result.bundle_directory).predict(typed(rows))
    np.testing.assert_array_equal(found["average_voltage_V_predicted"], expected.values[TARGET])
    np.testing.assert_array_equal(found["average_voltage_V_lower"], expected.lower[TARGET])
    assert found["in_domain"].tolist() == expected.in_domain.tolist()
    assert found["nearest_doi"].tolist() == [records[0].doi for records in expected.nearest]


def test_the_input_example_can_be_predicted(logged, model):
    (example,) = logged.model.glob("serving_input*.json")
    payload = json.loads(example.read_text(encoding="utf-8"))
    found = model.predict(pd.DataFrame(**payload["dataframe_split"]))
    assert np.isfinite(found["average_voltage_V_predicted"]).all()


def test_a_wider_level_gives_a_wider_interval(model):
    rows = pd.DataFrame({"formula": ["NaMnO2"]})
    narrow, wide = (model.predict(rows, params={"level": level}) for level in (0.5, 0.9))
    widths = [(found["average_voltage_V_upper"] - found["average_voltage_V_lower"])[0] for found in (narrow, wide)]
    assert widths[0] < widths[1]
    assert (narrow["level"][0], wide["level"][0]) == (0.5, 0.9)


def test_rows_that_cannot_be_used_are_refused_with_all_problems(model):
    from mlflow.exceptions import MlflowException

    rows = pd.DataFrame({"formula": ["NaMnO2", "Na(", "NaMnO2"], "family": ["spinel", "", "spinal"]})
    with pytest.raises(MlflowException, match=r"2 problems(?s:.*)row 2, formula(?s:.*)row 3(?s:.*)spinal") as caught:
        model.predict(rows)
    assert caught.value.get_http_status_code() == 400
    assert [problem["row"] for problem in caught.value.json_kwargs["problems"]] == [2, 3]


def test_a_figure_that_cannot_be_saved_marks_the_runs_as_failed(logged):
    from mlflow import MlflowClient

    with pytest.raises(TypeError, match="Unsupported figure object type"):
        log_training(logged.result, {TARGET: {"parity": object()}}, store=logged.store)
    client = MlflowClient(logged.store.tracking_uri)
    experiment = client.get_experiment_by_name("hemml")
    failed = client.search_runs([experiment.experiment_id], "attributes.status = 'FAILED'")
    assert {run.info.run_name.split()[0] for run in failed} == {"training", str(TARGET)}
    for run in failed:
        client.delete_run(run.info.run_id)


def test_a_missing_bundle_is_an_error_before_anything_is_logged(logged, tmp_path):
    store = Store.at(tmp_path)
    with pytest.raises(BundleError, match="must be the metadata of a bundle"):
        log_training(replace(logged.result, bundle_directory=tmp_path), {}, store=store)
    assert not store.database.exists()


def test_a_server_that_does_not_answer_is_a_failure_that_names_it(logged, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    store = Store(f"http://127.0.0.1:{_free_port()}")
    with pytest.raises(HemmlError, match=rf"tracking store {store}: must take what is logged, got: (?s:.*)unset"):
        log_training(logged.result, {}, store=store)


def test_a_folder_that_cannot_be_written_is_a_failure_that_names_it(logged, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(HemmlError, match=r"tracking store sqlite:.*: must"):
        log_training(logged.result, {}, store=Store.at(tmp_path / "file" / "mlflow.db"))


class Server:
    """MLflow's own server, asked through its REST interface."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, method: str, **query: str) -> dict:
        return json.loads(self.read(f"/api/2.0/mlflow/{method}", **query))

    def post(self, method: str, body: dict) -> dict:
        request = urllib.request.Request(
            f"{self.address}/api/2.0/mlflow/{method}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def read(self, page: str, **query: str) -> bytes:
        with urllib.request.urlopen(f"{self.address}{page}?{urllib.parse.urlencode(query)}", timeout=30) as answer:
            return answer.read()


@pytest.fixture(scope="module")
def server(logged) -> Iterator[Server]:
    port = _free_port()
    command = [sys.executable, "-m", "hemml", "ui", "--store", str(logged.folder), "--port", str(port)]
    # A test run in the background of a script has Ctrl-C ignored, and its children inherit that.
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=_heed_ctrl_c
    )
    try:
        yield Server(_wait_for(f"http://127.0.0.1:{port}", process))
        process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
        printed, _ = process.communicate(timeout=30)
        if os.name == "posix":
            assert process.returncode == 0, printed
        assert f"MLflow UI: http://127.0.0.1:{port} (Ctrl-C ends it)" in printed
        assert "Traceback" not in printed
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0, "the server must be gone"
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=30)


def _wait_for(address: str, process: subprocess.Popen) -> str:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return address
        except OSError:
            time.sleep(0.2)
    process.terminate()
    raise AssertionError(f"the server did not answer: {process.communicate(timeout=30)[0]}")


def _heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def runs(server) -> tuple[dict, dict]:
    """Parent and child as the REST interface gives them."""
    experiment = server.get("experiments/get-by-name", experiment_name="hemml")["experiment"]
    found = server.post("runs/search", {"experiment_ids": [experiment["experiment_id"]]})["runs"]
    parent, child = sorted(found, key=lambda run: "mlflow.parentRunId" in _pairs(run, "tags"))
    return parent, child


def _pairs(run: dict, part: str) -> dict:
    return {item["key"]: item["value"] for item in run["data"].get(part, [])}


def test_rest_gives_the_parent_run(runs, logged):
    parent, _ = runs
    assert parent["info"]["run_id"] == logged.run
    assert parent["info"]["status"] == "FINISHED"
    params = _pairs(parent, "params")
    assert params["outer_folds"] == "2"
    assert params["targets.average_voltage_V.regressors"] == '["ridge"]'
    tags = _pairs(parent, "tags")
    assert tags["hemml.data_sha256"] == "cd" * 32
    assert tags["mlflow.source.git.commit"] == "0123456789abcdef"
    assert tags["hemml.version.python"] == "3.11.7"
    assert "| hemml" in tags["mlflow.note.content"]
    scores = logged.result.results[0].scores
    assert _pairs(parent, "metrics")["average_voltage_V/mae"] == pytest.approx(scores.mae, rel=1e-12)
    assert int(parent["info"]["end_time"]) - int(parent["info"]["start_time"]) >= 1000 * logged.result.seconds - 1


def test_rest_gives_the_child_run_with_scores_baselines_and_intervals(runs, logged):
    _, child = runs
    item = logged.result.results[0]
    assert _pairs(child, "tags")["mlflow.parentRunId"] == logged.run
    assert child["info"]["run_name"] == "average_voltage_V"
    metrics = _pairs(child, "metrics")
    assert metrics["spearman"] == pytest.approx(item.scores.spearman, rel=1e-12)
    assert metrics["skill_low"] == pytest.approx(item.intervals["skill"][0], rel=1e-12)
    for name in ("mean", "family_median", "magpie_random_forest", "magpie_xgboost"):
        assert metrics[f"baseline_{name}/mae"] == pytest.approx(item.baselines[name.replace("_", " ")].mae, rel=1e-12)
    assert _pairs(child, "params") == {name: str(value) for name, value in item.parameters.items()}


def test_rest_gives_the_score_of_every_fold(server, runs, logged):
    _, child = runs
    history = server.get("metrics/get-history", run_id=child["info"]["run_id"], metric_key="fold/mae")["metrics"]
    assert [point["step"] for point in history] == [0, 1]
    expected = [scores.mae for scores in logged.result.results[0].fold_scores]
    assert [point["value"] for point in history] == pytest.approx(expected, rel=1e-12)


def test_rest_gives_the_files_of_both_runs(server, runs, logged):
    parent, child = runs
    assert _files(server, parent) >= {"config.yaml", "scores.md", "versions.json"}
    assert _files(server, child) == {"bundle", "figures", "fold_parameters.json", "out_of_fold.csv"}
    assert _files(server, child, "figures") == {
        f"figures/{name}.png" for name in ("parity", "residuals", "residuals_by_family", "scores")
    }
    bundle = {f"bundle/{path.name}" for path in (logged.result.bundle_directory / TARGET).iterdir()}
    assert _files(server, child, "bundle") == bundle
    png = server.read("/get-artifact", run_id=child["info"]["run_id"], path="figures/parity.png")
    assert png.startswith(b"\x89PNG")
    table = pd.read_csv(
        io.BytesIO(server.read("/get-artifact", run_id=child["info"]["run_id"], path="out_of_fold.csv"))
    )
    np.testing.assert_allclose(table["predicted"], logged.result.results[0].out_of_fold["predicted"], rtol=1e-12)


def _files(server: Server, run: dict, path: str = "") -> set[str]:
    found = server.get("artifacts/list", run_id=run["info"]["run_id"], **({"path": path} if path else {}))
    return {item["path"] for item in found["files"]}


def test_rest_gives_the_model_of_the_training_with_its_scores(server, runs, logged):
    parent, child = runs
    assert "outputs" not in child or not child["outputs"].get("model_outputs")
    (output,) = parent["outputs"]["model_outputs"]
    model = server.get(f"logged-models/{output['model_id']}")["model"]
    assert model["info"]["name"] == "hemml"
    assert model["info"]["status"] == "LOGGED_MODEL_READY"
    assert model["info"]["source_run_id"] == parent["info"]["run_id"]
    metrics = {metric["key"]: metric["value"] for metric in model["data"]["metrics"]}
    assert metrics["average_voltage_V/mae"] == pytest.approx(logged.result.results[0].scores.mae, rel=1e-12)


def test_rest_gives_the_registered_version_with_its_alias_and_scores(server, runs, logged):
    parent, _ = runs
    version = server.get("registered-models/alias", name="hemml", alias="champion")["model_version"]
    assert version["version"] == str(logged.training.version) == str(logged.training.champion)
    assert version["run_id"] == parent["info"]["run_id"]
    assert version["status"] == "READY"
    assert "| hemml" in version["description"]
    tags = {tag["key"]: tag["value"] for tag in version["tags"]}
    assert tags["hemml.data_sha256"] == "cd" * 32
    assert tags["hemml.git_commit"] == "0123456789abcdef"
    item = logged.result.results[0]
    assert float(tags["average_voltage_V.mae"]) == item.scores.mae
    assert float(tags["average_voltage_V.skill_low"]) == item.intervals["skill"][0]


def test_the_ui_page_is_served(server):
    assert b"<title>MLflow</title>" in server.read("/")
