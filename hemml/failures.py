"""How a command ends: an exit code, and for an error one message on stderr, without a traceback unless asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, Final

import typer

from hemml.errors import FormulaError, HemmlError

DEBUG: Final = "--debug"
_AROUND: Final = 36


def run(app: typer.Typer, arguments: Sequence[str] | None = None, *, program: str | None = None) -> int:
    """Run a command line to its end.

    `--debug` is understood anywhere before `--` and adds the traceback to an error.

    Args:
        app: The command or commands.
        arguments: Without the program's name; None: those of this process.
        program: Name for the help; None: found out.

    Returns:
        0 for success, 1 for a failure, 2 for bad input, 130 where the user interrupted.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = _take_debug(arguments)
    for stream in (sys.stdout, sys.stderr):
        _never_fail_to_encode(stream)
    try:
        typer.main.get_command(app)(args=arguments, prog_name=program)
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        code = 130
    except Exception as err:  # noqa: BLE001  the one place where every other failure becomes a message
        code = report(err, debug=debug)
    return _flush(code, debug=debug)


def report(err: Exception, *, debug: bool) -> int:
    """Print an error and return the exit code.

    Args:
        err: What ended the run.
        debug: Whether to print the traceback too.
    """
    if debug:
        import traceback

        traceback.print_exception(err)
    if isinstance(err, HemmlError):
        _print(f"hemml: {err}")
        if isinstance(err, FormulaError):
            _print(caret(err.formula, err.position))
        return err.exit_code
    hint = "" if debug else f"\n{_hint(err)}"
    _print(f"hemml: {type(err).__name__}: {err}{hint}")
    return 1


def caret(formula: str, position: int) -> str:
    """The formula with a caret under one character; only the surroundings where the formula is long.

    Args:
        formula: As given; characters that do not print are shown as `?`.
        position: Zero-based; may be one past the end.
    """
    start = max(0, position - _AROUND)
    end = position + _AROUND
    head, tail = "..." if start else "", "..." if end < len(formula) else ""
    shown = "".join(character if character.isprintable() else "?" for character in formula[start:end])
    return f"  {head}{shown}{tail}\n  {' ' * (len(head) + position - start)}^"


def _hint(err: Exception) -> str:
    if isinstance(err, OSError):
        return "The file system refused; check the path, its permissions and the space left (--debug shows where)."
    return "hemml did not foresee this; run the command again with --debug for the traceback, and report it."


def _print(text: str) -> None:
    print(text, file=sys.stderr)


def _take_debug(arguments: list[str]) -> bool:
    """Take `--debug` out of the arguments, so that it may stand before or behind the command."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    found = DEBUG in arguments[:end]
    if found:
        arguments[:end] = [argument for argument in arguments[:end] if argument != DEBUG]
    return found


def _never_fail_to_encode(stream: Any) -> None:
    """A vacancy sign or a subscript must not end a run on a terminal that is not UTF-8."""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    if encoding != "utf8" and hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def _flush(code: int, *, debug: bool) -> int:
    """Flush here: what cannot be written any more would otherwise show up as a traceback at exit."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # a reader such as `head` has seen enough
        _drop_output()
    except OSError as err:
        _drop_output()
        return code or report(err, debug=debug)
    return code


def _drop_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
