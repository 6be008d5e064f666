"""What commands print: tables for people, JSON for programs, progress on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from micrarium.errors import spell_out

#: The most characters of a cell of a table.
_LONGEST_CELL = 100


class Progress(Protocol):
    """Called with how much is done (0 to 1) and, where it is known, what is being done."""

    def __call__(self, done: float, doing: str = "", /) -> None: ...


def print_json(value: Any) -> None:
    """Print one JSON value, indented, with the letters as they are."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def note(sentence: str) -> None:
    """Say something beside the answer, on standard error."""
    print(spell_out(sentence), file=sys.stderr, flush=True)


def count(number: int, noun: str) -> str:
    """A number of things in words: ``1 image``, ``2 images``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows under column heads, each on one line: cut to the terminal's width, or where there is none to a usual one.

    Columns in which no row has anything are left out. ``--json`` has everything whole.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from micrarium.client.tables import describe_value

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    texts = [[_on_one_line(describe_value(value)) for value in row] for row in rows]
    shown = [place for place in range(len(columns)) if any(row[place] for row in texts)]
    for place in shown:
        table.add_column(columns[place], overflow="ellipsis", no_wrap=True)
    for row in texts:
        table.add_row(*(Text(row[place]) for place in shown))
    if not shown:
        return
    console = Console(width=None if sys.stdout.isatty() else 10_000, highlight=False, soft_wrap=not sys.stdout.isatty())
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip())


def _on_one_line(text: str) -> str:
    """A text without ends of lines and control characters, cut where it is longer than a cell."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= _LONGEST_CELL else flat[: _LONGEST_CELL - 1] + "…"


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print names and values in two columns, leaving out what has no value."""
    from micrarium.client.tables import describe_value

    shown = {name: describe_value(value) for name, value in fields.items() if value not in (None, "", [], {})}
    width = max((len(name) for name in shown), default=0)
    for name, value in shown.items():
        print(f"{name:<{width}}  {value}")


@contextmanager
def show_progress(title: str, *, quiet: bool = False) -> Iterator[Progress]:
    """A progress bar on standard error while the block runs; nothing where standard error is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield _show_nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0)

        def show(done: float, doing: str = "", /) -> None:
            bar.update(task, completed=min(done, 1.0), description=f"{title}: {doing}" if doing else title)

        yield show


def _show_nothing(_done: float, _doing: str = "", /) -> None:
    return None
