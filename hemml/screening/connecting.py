"""Reaching a cluster of Dask, with messages that say what to do when that fails."""

from __future__ import annotations

import logging
import pkgutil
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from hemml import __version__
from hemml.errors import HemmlError, InputError
from hemml.screening.parcel import require_equal

if TYPE_CHECKING:
    from distributed import Client

_SCHEMES: Final = ("tcp", "tls")
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def require_dask() -> None:
    """Check that Dask is there.

    Raises:
        InputError: It is not installed.
    """
    if find_spec("distributed") is None:
        raise InputError(
            '--workers and --scheduler need Dask, got none installed; pip install "hemml[distributed]", or leave them '
            "out for threads of this process"
        )


def local_cluster(stack: ExitStack, workers: int) -> Client:
    """Start workers on this machine: processes of one thread that only this process can talk to.

    Args:
        stack: Closes them.
        workers: How many.

    Raises:
        HemmlError: They do not start.
    """
    from distributed import Client, LocalCluster

    try:
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="tls://127.0.0.1",
            security=True,  # other users of the machine reach its ports too
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # any port for what Dask serves without a dashboard
            memory_limit=0,  # memory is flat by construction; nothing to spill or to kill
            silence_logs=logging.CRITICAL,
            env=_ONE_THREAD,
        )
    except (OSError, RuntimeError) as err:
        raise HemmlError(
            f"{workers} worker processes must start on this machine, got: {err}; ask for fewer with --workers, and "
            'begin a script of your own with if __name__ == "__main__":'
        ) from err
    stack.callback(cluster.close, timeout=10)
    return stack.enter_context(Client(cluster, set_as_default=False))


def connected(stack: ExitStack, address: str, seconds: float) -> Client:
    """Connect to a scheduler.

    Args:
        stack: Closes the connection.
        address: Of the scheduler.
        seconds: How long to wait for it, and for a worker.

    Raises:
        InputError: The address is none, nothing answers there, or there is no worker.
    """
    from distributed import Client

    _check_address(address)
    try:
        client = stack.enter_context(Client(address, timeout=seconds, set_as_default=False))
    except (OSError, TypeError, ValueError) as err:
        raise InputError(
            f"--scheduler {address}: a Dask scheduler must answer there within {seconds:g} s, got: "
            f"{str(err).splitlines()[0] if str(err) else repr(err)}; start one with: dask scheduler"
        ) from err
    try:
        client.wait_for_workers(1, timeout=seconds)
    except TimeoutError as err:
        raise InputError(
            f"--scheduler {address}: must have a worker, got none within {seconds:g} s; start some with: dask worker "
            f"{address} --nthreads 1 --nworkers N"
        ) from err
    return client


def require_same_hemml(client: Client) -> None:
    """Check that the scheduler and all workers run this version of hemml.

    Raises:
        InputError: One of them does not, or has none.
    """
    # A function of Python's own: it can be asked for where hemml is missing or another.
    question = pkgutil.resolve_name, "hemml:__version__"
    answers = {"scheduler": _scheduler_answer(client, *question)}
    answers |= {f"worker {address}": one for address, one in client.run(*question, on_error="return").items()}
    for where, answer in answers.items():
        require_equal("hemml", __version__, answer if isinstance(answer, str) else f"none ({answer})", where)


def _scheduler_answer(client: Client, function: Callable[[str], Any], name: str) -> Any:
    try:
        return client.run_on_scheduler(function, name)
    except (ImportError, AttributeError) as err:
        return err


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        good = parts.scheme in _SCHEMES and bool(parts.hostname) and bool(parts.port) and parts.path in ("", "/")
    except ValueError:
        good = False
    if not good:
        raise InputError(f"--scheduler must be an address such as tcp://host:8786, got {address!r}")
