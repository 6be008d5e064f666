"""One object of every class, all of Ada's in the private group, made from the classes themselves; and inputs for every route."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, inspect, select
from sqlalchemy.orm import Session

from micrarium.actions.opening import Site
from micrarium.model import (
    Base,
    Entity,
    Enumeration,
    Event,
    ExperimenterGroup,
    Grant,
    GroupExperimenterMap,
    Job,
    LoginSession,
    Owned,
    Part,
    Root,
    RootGroup,
    Shared,
    Token,
    Upload,
)
from micrarium.model.schema import entities, fields_of, kinds_of
from micrarium.permissions import system_session
from micrarium.permissions.visibility import class_of, whole_of

#: Stands in every text of what is hidden, and so must not stand in any answer to those it is hidden from.
SECRET = "Zebrafish"
#: Stands in every text of what everyone may see.
SHOWN = "Mouse"
#: An id that nothing has.
ABSENT = 987_654_321
#: Columns whose value matters: a job that waits would be run, and a webhook told of what happens.
STATES = {"scope": "read", "state": "failed", "audience": "link", "entity_type": "Dataset", "is_active": False}
#: What is open to everybody, signed in or not.
OPEN = {("get", "/api/v1/health/live"), ("get", "/api/v1/health/ready"), ("get", "/api/v1/banner")}
#: Parameters by name, and whose ids they take; ``object_id`` is of the class that the path names.
PARAMETERS = {
    "image_id": "images", "plate_id": "plates", "annotation_id": "annotations", "experimenter_id": "experimenters",
    "group_id": "experimenter_groups", "job_id": "jobs", "upload_id": "uploads", "token_id": "tokens",
    "session_id": "login_sessions", "grant_id": "grants", "dataset_id": "datasets", "tag_set_id": "annotations",
    "webhook_id": "webhooks", "root_id": "roots",
}  # fmt: skip
#: Other parameters that a route cannot do without.
GIVEN = {
    "q": SECRET, "path": "a.tif", "Upload-Offset": "0", "plural": "images", "key": "zarr.json", "year": "2026",
    "classroom": "none",
}  # fmt: skip
#: Parameters that are not needed, but without which an answer has no end.
CHOSEN = {"/api/v1/events/stream": {"wait_s": "0"}}
#: What stands in a body where its form alone does not tell.
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/session": {"username": "ada", "password": "not this one"},
    "/api/v1/session/password_reset": {"name": "ada", "token": "x", "password": "long enough"},
    "/api/v1/tokens": {"scope": "write"},
    "/api/v1/grants": {"object": "dataset:1", "audience": "link"},
    "/api/v1/webhooks": {"url": "https://example.org/hook"},
    "/api/v1/accounts": {"password": "long enough"},
    "/api/v1/experimenter_groups": {"level": "private"},
    "/api/v1/experimenter_groups/{object_id}/level": {"level": "read-only"},
    "/api/v1/graph/delete": {"objects": [f"image:{ABSENT}"]},
    "/api/v1/graph/chgrp": {"objects": [f"image:{ABSENT}"], "group": 1},
    "/api/v1/graph/chown": {"objects": [f"image:{ABSENT}"], "owner": 1},
    "/api/v1/graph/duplicate": {"objects": [f"image:{ABSENT}"]},
    "/api/v1/graph/purge": {"objects": [f"image:{ABSENT}"]},
    "/api/v1/annotations": {"type": "TagAnnotation", "text_value": "x"},
    "/api/v1/shapes": {"type": "Point", "x": 1.0, "y": 1.0},
    "/api/v1/verifications": {"objects": [f"image:{ABSENT}"]},
    "/api/v1/admin/relink": {"folders": ["/nowhere/at/all"]},
    "/api/v1/roots": {"kind": "folder", "location": "/"},
    "/api/v1/admin/mail": {"subject": "x", "text": "x", "all": True},
}

#: Routes for those who are not signed in yet.
BEFORE_SIGNING_IN = {
    "/api/v1/session/sources", "/api/v1/session/oidc", "/api/v1/session/oidc/callback", "/api/v1/session/password_reset",
}  # fmt: skip
#: The same for all routes that end alike.
ENDINGS: dict[str, dict[str, Any]] = {"/annotations": {"type": "TagAnnotation", "text_value": "x"}}
_PERSONAL: tuple[type[Entity], ...] = (Job, Upload, Token, Grant)


def make_every_object(site: Site, people: dict[str, int], *, copy: int = 0) -> dict[str, int]:
    """The id of one object of every class by its plural; of Ada's, in the private group. ``copy`` tells its texts apart."""
    made: dict[str, int] = {}
    mark = str(copy) if copy else ""
    with system_session(site.engine, "one object of every class") as session:
        event = Event(experimenter_id=people["ada"], group_id=people["private"])
        session.add(event)
        session.flush()
        made |= {"events": event.id, "experimenters": people["ada"], "experimenter_groups": people["private"]}
        maps = select(GroupExperimenterMap.id).filter_by(parent_id=people["private"], child_id=people["ada"])
        made["group_experimenter_maps"] = session.scalars(maps).one()
        browser = LoginSession(
            key_hash=f"x{mark}", csrf_token="x", experimenter_id=people["ada"], expires_at=datetime(2099, 1, 1, tzinfo=UTC)
        )
        session.add(browser)
        session.flush()
        made["login_sessions"] = browser.id
        root = Root(name=f"{SECRET}{mark}", kind="folder", location="/", ways=["copy"])
        group = ExperimenterGroup(name=f"{SECRET}{mark}", level="private")  # of Ada's alone, as members see roots together
        session.add_all([root, group])
        session.flush()
        session.add(GroupExperimenterMap(parent_id=group.id, child_id=people["ada"]))
        session.add(RootGroup(root_id=root.id, group_id=group.id))
        made["roots"] = root.id
        for entity in (*entities(), *_PERSONAL):
            _make(session, entity, made, people, (), mark)
        for entity in entities():
            _gather(session, entity, made)
    return made


def _make(
    session: Session, entity: type[Entity], made: dict[str, int], people: dict[str, int], outer: tuple[Any, ...], mark: str
) -> int:
    if entity.plural() in made:
        return made[entity.plural()]
    if issubclass(entity, Enumeration):
        made[entity.plural()] = session.scalars(select(entity.id).limit(1)).one()
        return made[entity.plural()]
    kind = next(iter(kinds_of(entity).values()), entity)
    values: dict[str, Any] = {}
    if issubclass(entity, Owned):
        values |= {"owner_id": people["ada"], "group_id": people["private"]}
    for column in inspect(kind).columns:
        if column.key in values or column.key in ("id", "version", "creation_event_id", "update_event_id", "deleted_event_id"):
            continue
        is_whole = issubclass(entity, Part) and column.key == entity.__whole__
        if column.foreign_keys and not column.info.get("enumeration"):
            target = next(iter(column.foreign_keys)).column.table
            if not column.nullable or is_whole:
                values[column.key] = _referred(session, target, made, people, (*outer, entity), mark)
        elif not (column.nullable or column.default is not None or column.key == entity.__kinds__) or column.key in (
            "name",
            *STATES,
        ):
            values[column.key] = _example(session, column, (SHOWN if issubclass(entity, Shared) else SECRET) + mark)
    obj = kind(**values)
    session.add(obj)
    session.flush()
    made[entity.plural()] = obj.id
    return obj.id


def _referred(session: Session, table: Any, made: dict[str, int], people: dict[str, int], outer: tuple[Any, ...], mark: str) -> Any:
    target = class_of(table)
    if target.__name__ == "Experimenter":
        return people["ada"]
    assert target not in outer, f"{outer} need each other"
    return _make(session, target, made, people, outer, mark)


def _example(session: Session, column: Column[Any], word: str) -> Any:
    if column.name in STATES:
        return STATES[column.name]
    if enumeration := column.info.get("enumeration"):
        return session.scalars(select(enumeration.value).limit(1)).first()
    if column.name == "url":
        return f"https://example.org/{word}"
    if choices := column.info.get("choices"):
        return choices[0]
    kind = column.type.__class__.__name__
    if kind == "UtcDateTime":
        return datetime.now(UTC)
    if kind == "JSON":
        return {}
    found: Any = {str: word[: getattr(column.type, "length", None) or 80], int: 1, float: 1.0, bool: False, bytes: b"x"}
    return found[column.type.python_type]


def _gather(session: Session, entity: type[Entity], made: dict[str, int]) -> None:
    """Give what wholes refer to, as channels do to a logical channel, to a whole that may be without."""
    if issubclass(entity, Part) and "." in entity.__whole__:
        whole, _, column = whole_of(entity)
        found = session.get(whole, made[whole.plural()])
        if found is not None and getattr(found, column) is None:
            setattr(found, column, made[entity.plural()])
            session.flush()


def example_body(document: dict[str, Any], path: str, operation: dict[str, Any], ids: dict[str, int]) -> Any:
    """A body of the form a route asks for, all ids in it being ``ids``; None where it asks for none.

    Fails for a field whose value cannot be told from the document: say it in ``BODIES``.
    """
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    schema = _resolve(document, content["application/json"]["schema"])
    refers = {f.name: f.refers_to for e in entities() if path == f"/api/v1/{e.plural()}" for f in fields_of(e)}
    given = BODIES.get(path) or next((body for end, body in ENDINGS.items() if path.endswith(end)), {})
    body = {}
    for name, field in schema.get("properties", {}).items():
        if name in given:
            body[name] = given[name]
        elif name in ("group_id", "owner_id") and name not in schema.get("required", ()):
            continue  # where things go by themselves
        elif name.endswith(("_id", "ids")):
            target = refers.get(name)
            plural = target.plural() if target is not None else PARAMETERS.get(name.removesuffix("s"), "images")
            value = ids.get(plural, ids["images"])
            if name in schema.get("required", ()) or target is not None:
                body[name] = [value] if name.endswith("ids") else value
        elif name in schema.get("required", ()):
            body[name] = _fill(document, field, f"{path} {name}")
    return body


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        return found
    return schema


def _fill(document: dict[str, Any], schema: dict[str, Any], place: str) -> Any:
    schema = _resolve(document, schema)
    if "anyOf" in schema:
        schema = _resolve(document, next(one for one in schema["anyOf"] if one.get("type") != "null"))
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("format") == "date-time":
        return "2026-01-01T00:00:00Z"
    plain = {"string": "x", "integer": 1, "number": 1.0, "boolean": False, "array": [], "object": {}}
    assert schema.get("type") in plain, f"say in BODIES what {place} may be"
    return plain[schema["type"]]


def classes_by_plural() -> dict[str, type[Base]]:
    """Every class that routes name, by its plural."""
    found: dict[str, type[Base]] = {entity.plural(): entity for entity in (*entities(), *_PERSONAL)}
    return found | {"login_sessions": LoginSession, "roots": Root}
