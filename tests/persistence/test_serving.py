"""The champion served for real by `mlflow models serve` on loopback, and asked over HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hemml.columns import TARGETS, Column
from hemml.data import resource_path
from hemml.tracking import Store, log_training

START_S = 240
Answer = tuple[int, dict]


@pytest.fixture(scope="module")
def champion(trained, tmp_path_factory) -> Store:
    """A store whose champion holds the models of all targets, those that come with hemml."""
    store = Store.at(tmp_path_factory.mktemp("served"))
    (item,) = trained.results
    items = tuple(replace(item, target=target) for target in TARGETS)
    shipped = resource_path("models", "default")
    log_training(replace(trained, results=items, bundle_directory=shipped), {}, store=store)
    return store


@pytest.fixture(scope="module")
def post(champion, tmp_path_factory) -> Iterator[Callable[..., Answer]]:
    """Send a body to the served champion; status and answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("serving") / "log.txt"
    environment = {
        **os.environ,
        "MLFLOW_TRACKING_URI": champion.tracking_uri,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        # MLflow starts uvicorn by its name
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/hemml@champion"]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("w") as out:
        # a session of its own: the server is a grandchild, and the whole group ends together
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/ping", process, log)
        yield lambda body: _post(f"{address}/invocations", body)
    finally:
        _end(process)
    assert _gone(port), "the server must be gone"
    assert "Traceback" not in log.read_text(encoding="utf-8")


def _wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the model was not served: {log.read_text(encoding='utf-8')}")


def _end(process: subprocess.Popen) -> None:
    if os.name != "posix":
        process.terminate()
    else:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, number)
                process.wait(15)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
    process.wait(15)


def _gone(port: int) -> bool:
    end = time.monotonic() + 15
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return True
        time.sleep(0.1)
    return False


def _post(address: str, body: dict | str) -> Answer:
    data = body if isinstance(body, str) else json.dumps(body)
    request = urllib.request.Request(address, data.encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as err:
        return err.code, json.loads(err.read())


def _rounded(prediction: dict) -> dict:
    """Without the last digits, which depend on a row's place among the others."""
    return {name: round(value, 9) if isinstance(value, float) else value for name, value in prediction.items()}


ROW = {"formula": "Zn0.5(Mn0.4Fe0.2Co0.2Ni0.1Cu0.1)2O4", "working_ion": "Zn"}


@pytest.fixture(scope="module")
def good(post) -> Callable[..., list[dict]]:
    def predictions(rows: list[dict], **more: object) -> list[dict]:
        status, answer = post({"dataframe_records": rows, **more})
        assert status == 200, answer
        return [_rounded(prediction) for prediction in answer["predictions"]]

    return predictions


def test_one_request_answers_for_all_targets_with_intervals_and_evidence(good):
    (found,) = good([ROW])
    for target in TARGETS:
        assert found[f"{target}_lower"] < found[f"{target}_predicted"] < found[f"{target}_upper"]
    assert found["level"] == 0.9
    assert isinstance(found["in_domain"], bool)
    assert isinstance(found["unusual"], list)
    assert found["nearest_record"]
    assert found["nearest_doi"].startswith("10.")


def test_conditions_that_are_not_stated_are_assumed_and_said(good):
    stated, plain, null = good(
        [
            {**ROW, "role": "cathode", "capacity_current_mA_g": 100, "retention_cycles": 500, "is_composite": False},
            ROW,
            {**ROW, "role": None, "capacity_current_mA_g": None},
        ]
    )
    assert plain == null
    assert "role" in plain["assumed_conditions"]
    assert "role" not in stated["assumed_conditions"]
    assert "capacity_current_mA_g" not in stated["assumed_conditions"]


def test_whole_numbers_are_numbers(good):
    whole, decimal = good(
        [
            {**ROW, "capacity_current_mA_g": 100, "voltage_max_V": 2, "retention_cycles": 500},
            {**ROW, "capacity_current_mA_g": 100.0, "voltage_max_V": 2.0, "retention_cycles": 500.0},
        ]
    )
    assert whole == decimal
    (alone,) = good([{**ROW, "capacity_current_mA_g": 100, "voltage_max_V": 2, "retention_cycles": 500}])
    assert alone == whole
    (slow,) = good([{**ROW, "capacity_current_mA_g": 1, "voltage_max_V": 2, "retention_cycles": 500}])
    assert slow[f"{Column.CAPACITY}_predicted"] > alone[f"{Column.CAPACITY}_predicted"]


def test_a_lower_level_gives_a_narrower_interval(good):
    (wide,) = good([ROW])
    (narrow,) = good([ROW], params={"level": 0.5})
    assert narrow["level"] == 0.5
    for target in TARGETS:
        width = [found[f"{target}_upper"] - found[f"{target}_lower"] for found in (narrow, wide)]
        assert width[0] < width[1]


def test_every_form_of_mlflow_is_understood(post, good):
    (expected,) = good([ROW])
    for body in (
        {"dataframe_split": {"columns": list(ROW), "data": [list(ROW.values())]}},
        {"inputs": [ROW]},
        {"inputs": ROW},
        {"instances": [ROW]},
    ):
        status, answer = post(body)
        assert status == 200, answer
        assert [_rounded(prediction) for prediction in answer["predictions"]] == [expected]


def test_one_bad_row_refuses_the_request_and_every_problem_is_named(post):
    rows = [
        ROW,
        {"formula": "Na("},
        {"formula": "NaMnO2", "working_ion": "Xx", "capacity_current_mA_g": -4},
        {"formula": "HeO"},
        {"working_ion": "Na"},
    ]
    status, answer = post({"dataframe_records": rows})
    assert status == 400
    assert "nothing was predicted, 5 problems (rows count from 1)" in answer["message"]
    found = {(problem["row"], problem["column"]): problem for problem in answer["problems"]}
    assert set(found) == {
        (2, "formula"),
        (3, "working_ion"),
        (3, "capacity_current_mA_g"),
        (4, "formula"),
        (5, "formula"),
    }
    assert found[3, "working_ion"]["value"] == "Xx"
    assert "Zn" in found[3, "working_ion"]["reason"]
    assert "unit" in found[3, "capacity_current_mA_g"]["remedy"]
    assert "Traceback" not in json.dumps(answer)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"dataframe_records": []}, "must be at least one, got none"),
        ({"dataframe_records": [{**ROW, "voltage_max": 2}]}, "voltage_max: is not a column that hemml knows; did you"),
        ({"dataframe_records": [{**ROW, "currentt": 2}]}, "a row may hold: formula, working_ion, role"),
        ({"dataframe_records": [{**ROW, "capacity_current_mA_g": True}]}, "row 1, capacity_current_mA_g = 'True'"),
        ({"dataframe_records": [{**ROW, "electrolyte": {"salt": "ZnSO4"}}]}, "send a single value"),
        ({"dataframe_records": [ROW], "params": {"level": 0.99999}}, "calibration rows"),
        ({"dataframe_records": [ROW], "params": {"level": 90}}, "write 0.9 for 90 %"),
        ({"dataframe_records": [ROW], "params": {"level": "high"}}, "Invalid parameters found"),
        ({"inputs": 5}, "must be a list of objects"),
        ({"rows": [ROW]}, "dataframe_records"),
        ("{", "valid JSON"),
    ],
)
def test_a_request_that_cannot_be_answered_says_why(post, body, message):
    status, answer = post(body)
    assert status == 400
    assert message in answer["message"]
    assert "stack_trace" not in answer
