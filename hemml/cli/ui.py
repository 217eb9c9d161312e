"""`hemml ui`: the MLflow UI on the store that trainings are logged to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from hemml.cli.stores import StoreOption, check_store, chosen
from hemml.errors import HemmlError, InputError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from hemml.tracking.store import Store

_GRACE_S: Final = 10.0
_PAUSE_S: Final = 0.2
_IGNORED: Final = "ignore:starlette.middleware.wsgi is deprecated"
_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  never a default, and asked on loopback


def ui(
    store: StoreOption = "",
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 5000,
) -> None:
    """Open the MLflow UI on the store of the trainings; Ctrl-C ends it."""
    found = chosen(store)
    if found.is_server:
        typer.echo(f"The runs are on a tracking server: {found.ui_command()}")
        return
    check_store(found)
    check_port(host, port)
    typer.echo(f"Starting the MLflow UI on {found} ...")
    serve(server_command(found, host, port), server_environment(), host, port)


def check_port(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on.

    Raises:
        InputError: The host has no such address, or another program has the port.
    """
    import os
    import socket

    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":  # as the server itself does: a port just left is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as err:
        raise InputError(
            f"--host {host} --port {port}: must be a free address of this machine, got: {err.strerror or err}; "
            f"choose another port, such as --port {port + 1 if port < 65535 else 5000}"
        ) from err


def server_command(store: Store, host: str, port: int) -> list[str]:
    """The command line of MLflow's own server on a store."""
    import sys

    command = [sys.executable, "-m", "mlflow", "server"]
    command += ["--backend-store-uri", store.tracking_uri, "--registry-store-uri", store.tracking_uri]
    if store.artifact_location is not None:
        command += ["--default-artifact-root", store.artifact_location]
    # one worker: a user looks at runs; it is also one process to end
    return [*command, "--host", host, "--port", str(port), "--workers", "1", "--uvicorn-opts", "--log-level warning"]


def server_environment() -> dict[str, str]:
    """This process's environment, without telemetry, background jobs and log lines below a warning."""
    import os

    from hemml.tracking.connection import NO_TELEMETRY

    quiet = {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_LOGGING_LEVEL": "WARNING",
        # MLflow's server itself uses it
        "PYTHONWARNINGS": ",".join(filter(None, [os.environ.get("PYTHONWARNINGS"), _IGNORED])),
    }
    return {**os.environ, **quiet, **NO_TELEMETRY}


def serve(command: list[str], environment: Mapping[str, str], host: str, port: int) -> None:
    """Run a server until it ends or the user interrupts, say when it answers; nothing is left running.

    Raises:
        HemmlError: The server ended by itself with a failure.
    """
    import signal
    import subprocess
    import time

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    ends = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, interrupt) for number in ends}
    # a session of its own: Ctrl-C reaches the server once, through `_stop`, and not from the terminal too
    process = subprocess.Popen(command, env=dict(environment), start_new_session=True)  # noqa: S603
    try:
        while process.poll() is None and not _answers(host, port):
            time.sleep(_PAUSE_S)
        if process.poll() is None:
            typer.echo(f"MLflow UI: http://{_shown(host)}:{port} (Ctrl-C ends it)")
            if place := _trainings(host, port):
                typer.echo(f"Trainings: http://{_shown(host)}:{port}{place}")
        code = process.wait()
    except KeyboardInterrupt:
        return
    finally:
        _stop(process)
        for number, handler in before.items():
            signal.signal(number, handler)
    if code:
        raise HemmlError(f"the MLflow server ended with exit code {code}; its messages are above")


def _answers(host: str, port: int) -> bool:
    import socket

    try:
        with socket.create_connection((_ANY_ADDRESS.get(host, host), port), timeout=1):
            return True
    except OSError:
        return False


def _trainings(host: str, port: int) -> str:
    """The page of the trainings, past MLflow's first pages on language models; "" where none is logged yet."""
    import json
    from http.client import HTTPConnection, HTTPException

    from hemml.tracking.store import EXPERIMENT

    connection = HTTPConnection(_ANY_ADDRESS.get(host, host), port, timeout=_GRACE_S)
    try:
        connection.request("GET", f"/api/2.0/mlflow/experiments/get-by-name?experiment_name={EXPERIMENT}")
        found = json.loads(connection.getresponse().read())
    except (OSError, HTTPException, ValueError):  # the link is a convenience; the server runs
        return ""
    finally:
        connection.close()
    number = found.get("experiment", {}).get("experiment_id")
    return f"/#/experiments/{number}?workflowType=machine_learning" if number else ""


def _stop(process: subprocess.Popen[bytes]) -> None:
    import subprocess

    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
