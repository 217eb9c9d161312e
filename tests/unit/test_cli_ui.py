"""`hemml ui` up to the start of the server; tests/persistence starts it."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

import pytest

from hemml.cli.app import main
from hemml.cli.ui import check_port, serve, server_command, server_environment
from hemml.errors import HemmlError, InputError
from hemml.tracking import Store


@pytest.fixture(autouse=True)
def no_uri(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_a_store_that_is_not_there_is_an_error_and_is_not_made(tmp_path, capsys):
    assert main(["ui", "--store", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert "tracking store must be a file that exists" in message
    assert "python -m hemml.train" in message
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_an_error_that_names_the_next(tmp_path, capsys):
    (tmp_path / "mlflow.db").touch()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["ui", "--store", str(tmp_path), "--port", str(port)]) == 2
    message = capsys.readouterr().err
    assert f"--host 127.0.0.1 --port {port}: must be a free address" in message
    assert "such as --port" in message


def test_a_host_that_is_not_of_this_machine_is_an_error():
    with pytest.raises(InputError, match=r"--host 203\.0\.113\.7 --port 5000: must be a free address of this machine"):
        check_port("203.0.113.7", 5000)


def test_a_tracking_server_needs_no_other(capsys):
    assert main(["ui", "--store", "http://me:secret@tracking.example:5000"]) == 0
    shown = capsys.readouterr().out
    assert "open http://tracking.example:5000 in a browser" in shown
    assert "secret" not in shown


def test_the_server_sends_no_telemetry_and_runs_no_jobs(monkeypatch):
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "false")
    environment = server_environment()
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == environment["DO_NOT_TRACK"] == "true"
    assert environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"


def test_the_server_listens_where_it_is_told_on_that_store(tmp_path):
    command = server_command(Store.at(tmp_path), "127.0.0.1", 5001)
    assert command[:4] == [sys.executable, "-m", "mlflow", "server"]
    assert command[command.index("--backend-store-uri") + 1] == f"sqlite:///{tmp_path.as_posix()}/mlflow.db"
    assert command[command.index("--default-artifact-root") + 1] == (tmp_path / "mlartifacts").as_uri()
    assert command[command.index("--host") + 1 : command.index("--host") + 4] == ["127.0.0.1", "--port", "5001"]


def test_a_server_that_fails_is_a_failure():
    with pytest.raises(HemmlError, match="the MLflow server ended with exit code 3"):
        serve([sys.executable, "-c", "raise SystemExit(3)"], os.environ, "127.0.0.1", 9)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_ends_the_server_and_is_no_failure(tmp_path, number):
    started = tmp_path / "pid"
    code = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(60)"
    before = signal.getsignal(number)
    timer = threading.Timer(0.1, _interrupt_when, (started, number))
    timer.start()
    serve([sys.executable, "-c", code, str(started)], os.environ, "127.0.0.1", 9)
    timer.join()
    assert signal.getsignal(number) is before
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text(encoding="utf-8")), 0)


def _interrupt_when(started, number):
    import time

    while not started.exists() or not started.read_text(encoding="utf-8"):
        time.sleep(0.02)
    os.kill(os.getpid(), number)
