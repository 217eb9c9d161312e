"""Progress of a screening on stderr: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from hemml.cli.output import console, number

if TYPE_CHECKING:
    from hemml.screening.run import Progress

_SECONDS_BETWEEN_LINES: Final = 30.0


@contextmanager
def progress() -> Iterator[Callable[[Progress], None]]:
    """What is told of each chunk, shown."""
    shown = console(stderr=True)
    if shown.is_terminal:
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        columns = (TextColumn("{task.percentage:5.1f} %"), BarColumn(), TextColumn("{task.description}"))
        with Bar(*columns, console=shown) as bar:
            task = bar.add_task("", total=1.0)
            yield lambda now: bar.update(task, completed=now.looked_at / now.candidates, description=_line(now))
        return
    told = time.monotonic()

    def tell(now: Progress) -> None:
        nonlocal told
        if time.monotonic() - told > _SECONDS_BETWEEN_LINES:
            told = time.monotonic()
            shown.print(f"{100 * now.looked_at / now.candidates:.1f} %, {_line(now)}", soft_wrap=True)

    yield tell


def duration(seconds: float) -> str:
    """A time in the two units that matter: `4 min 10 s`, `3 d 2 h`; below a minute `0.8 s`."""
    if seconds < 60:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    for unit, length, smaller, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if seconds >= length:
            whole, rest = divmod(round(seconds / part), length // part)
            return f"{whole} {unit} {rest} {smaller}"
    raise AssertionError("a time of a minute or more has a unit")


def _line(now: Progress) -> str:
    best = "none kept yet" if now.best is None else f"best {number(now.best)}"
    return f"{now.candidates_per_second:,.0f} candidates/s, {best}, {duration(now.seconds_left)} left"
