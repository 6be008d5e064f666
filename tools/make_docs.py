"""Write the generated parts of docs/reference from the code; with --check only say which are stale.

Nothing here is typed twice: settings come from ``Settings``, errors from ``errors.py``, entities from ``model/``,
commands from the command line's own help, readers and key names from the tables that the code uses.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Written by tools/make_docs.py from the code; run `make docs` after a change there. -->\n\n"


def first_sentence(thing: Any) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split()).replace("``", "`")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def describe_settings() -> str:
    """Every setting with its variable, default and meaning."""
    from pydantic import SecretStr
    from pydantic_core import PydanticUndefined

    from micrarium.settings import Settings

    rows = []
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = "" if default in (None, PydanticUndefined, []) or isinstance(default, SecretStr) else f"`{default}`"
        rows.append([f"`MICRARIUM_{name.upper()}`", shown, field.description or ""])
    head = "# Settings\n\nEach setting is an environment variable; options of commands go before it.\n\n"
    return head + table(["variable", "default", "meaning"], rows)


def describe_errors() -> str:
    """Every error with its problem type, HTTP status and exit status."""
    from micrarium.errors import MicrariumError, all_errors

    rows = [
        [f"`{kind.__name__}`", f"`/problems/{slug}`", str(kind.status), str(kind.exit_code), first_sentence(kind)]
        for slug, kind in sorted(all_errors().items())
        if kind.__module__ == MicrariumError.__module__  # rooms have finer ones for themselves
    ]
    head = (
        "# Errors\n\nThe server answers with a problem document (RFC 9457) whose `type` is below; the command line prints one\n"
        "line and ends with the exit status; the Python client raises the class, from `micrarium.errors`.\n\n"
    )
    return head + table(["class", "type", "HTTP status", "exit status", "meaning"], rows)


def describe_commands() -> str:
    """The help of every command."""
    import click
    from typer.main import get_command

    from micrarium.cli.commands import app

    parts = ["# Commands\n\nThe help of every command, as `micrarium COMMAND --help` prints it.\n"]
    root: Any = get_command(app)

    def add(command: Any, path: str) -> None:
        context = click.Context(command, info_name=path, terminal_width=100, max_content_width=100)
        parts.append(f"\n## {path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n")
        for name, child in getattr(command, "commands", {}).items():
            add(child, f"{path} {name}")

    add(root, "micrarium")
    return "".join(parts)


def describe_formats() -> str:
    """Every reader with the suffixes it is tried for first."""
    from micrarium.formats import readers

    rows = [
        [f"`{reader.name}`", " ".join(f"`{suffix}`" for suffix in reader.suffixes), first_sentence(type(reader))]
        for reader in readers()
    ]
    head = "# Formats\n\nA reader decides by a file's first bytes; suffixes only order the attempts.\n\n"
    return head + table(["reader", "suffixes", "reads"], sorted(rows))


def describe_keys() -> str:
    """Keys of key-values that exports have a place for."""
    from micrarium.exchange.key_names import KEYS

    rows = [[field, ", ".join(f"`{name}`" for name in names)] for field, names in KEYS.items()]
    head = (
        "# Keys that exports understand\n\nKey-values with these keys, in any spelling of case, spaces and punctuation,\n"
        "become part of the RO-Crate of an object. All other key-values are exported as they are.\n\n"
    )
    return head + table(["what it says", "keys"], rows)


def describe_entities() -> str:
    """Every entity with its columns, and a diagram of how they hang together."""
    import micrarium.model as model

    entities = sorted(
        {m.class_ for m in model.Base.registry.mappers if issubclass(m.class_, model.Entity)},
        key=lambda entity: str(entity.__name__),
    )
    parts = ["# Entities\n\nEvery entity of the model, with its path below `/api/v1/` and its fields.\n"]
    parts.append(draw_entities([e for e in entities if not issubclass(e, model.Link | model.Enumeration) and not e.is_kind()]))
    parts.append(
        "\n## Links\n\n" + table(["link", "path", "from", "to"], (link_row(e) for e in entities if issubclass(e, model.Link)))
    )
    parts.append(
        "\n## Lists of values\n\n"
        + table(["list", "meaning"], ([f"`{e.__name__}`", first_sentence(e)] for e in entities if issubclass(e, model.Enumeration)))
    )
    parts += [describe_entity(entity) for entity in entities if not issubclass(entity, model.Link | model.Enumeration)]
    return "".join(parts)


def link_row(entity: Any) -> list[str]:
    """One line of the table of links."""
    return [f"`{entity.__name__}`", f"`{entity.plural()}`", f"`{entity.__parent__.__name__}`", f"`{entity.__child__.__name__}`"]


def protection(entity: Any) -> str:
    """How a class of objects is protected, in one sentence."""
    import micrarium.model as model

    if issubclass(entity, model.Owned):
        return "It has an owner and a group."
    if issubclass(entity, model.Part):
        return "It is a part: seen, changed and deleted with its whole."
    return "It belongs to one person." if issubclass(entity, model.Personal) else "It belongs to the site."


def columns_of(entity: Any) -> list[Any]:
    """The columns clients may see, without those that every entity of its kind has."""
    from sqlalchemy import inspect as inspect_entity

    common = {"id", "version", "owner_id", "group_id", "creation_event_id", "update_event_id"}
    own = {attribute.key for attribute in inspect_entity(entity).column_attrs}
    table_columns = [column for column in entity.__table__.columns if column.key in own]
    return [c for c in table_columns if c.key not in common and not c.info.get("private")]


def describe_entity(entity: Any) -> str:
    """One entity: what it is, who sees it, its fields."""
    rows = []
    for column in columns_of(entity):
        marks = [name.replace("_", "-") for name in ("read_only", "fixed") if column.info.get(name)]
        marks += [f"refers to `{key.column.table.name}`" for key in column.foreign_keys]
        if "quantity" in column.info:
            marks.append(f"a {column.info['quantity']}, its unit in `{column.key}_unit`")
        rows.append([f"`{column.key}`", str(column.type).lower(), "" if column.nullable else "always", ", ".join(marks)])
    kind = f" A kind of `{entity.__mro__[1].__name__}`." if entity.is_kind() else f" Path: `{entity.plural()}`."
    text = f"\n## {entity.__name__}\n\n{first_sentence(entity)} {protection(entity)}{kind}\n"
    return text + ("\n" + table(["field", "type", "given", "notes"], rows) if rows else "")


def draw_entities(entities: list[Any]) -> str:
    """A Mermaid diagram: an arrow from what refers to what it refers to, and dotted ones for links."""
    import micrarium.model as model

    names = {entity.__tablename__: entity.__name__ for entity in entities}
    skipped = {"owner_id", "group_id", "creation_event_id", "update_event_id", "deleted_event_id", "experimenter_id"}
    arrows = set()
    for entity in entities:
        for column in entity.__table__.columns:
            for key in column.foreign_keys:
                if column.key not in skipped and key.column.table.name in names:
                    arrows.add(f"    {entity.__name__} --> {names[key.column.table.name]}\n")
    for mapper in model.Base.registry.mappers:
        link = mapper.class_
        if issubclass(link, model.Link) and not link.__child__.__name__.endswith("Annotation"):
            arrows.add(f"    {link.__parent__.__name__} -. link .-> {link.__child__.__name__}\n")
    return "\n```mermaid\nflowchart LR\n" + "".join(sorted(arrows)) + "```\n\nAnnotations are linked to every annotatable class.\n"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": describe_settings,
    "errors.md": describe_errors,
    "commands.md": describe_commands,
    "formats.md": describe_formats,
    "keys.md": describe_keys,
    "entities.md": describe_entities,
}


def make_pages() -> dict[str, str]:
    """The text of every generated page, by its file name."""
    return {name: NOTE + make() for name, make in PAGES.items()}


def main() -> int:
    """Write or check the pages; 1 when one is stale."""
    is_checking = "--check" in sys.argv[1:]
    stale = []
    for name, text in make_pages().items():
        path = FOLDER / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not is_checking:
            path.write_text(text, encoding="utf-8")
    if is_checking and stale:
        print(f"docs/reference is stale ({', '.join(stale)}); run `make docs` and review the difference")
        return 1
    print("make_docs: docs/reference is current")
    return 0


if __name__ == "__main__":
    sys.exit(main())
