"""Webhooks: changes are gathered into deliveries, which jobs send, signed, and again later when nobody answers."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from micrarium.actions.following import Change, newest_place, read_changes, seen_by
from micrarium.actions.opening import Site
from micrarium.actions.posting import check_target, post
from micrarium.errors import InvalidInput, MicrariumError, NotFound, Unavailable
from micrarium.jobs import Work, job
from micrarium.model import Entity, Job, Webhook, WebhookDelivery
from micrarium.model.schema import entity_by_singular, found_from
from micrarium.permissions import Actor, ActorSession, every, get_visible, load_actor, open_session, system_session, visible

#: How long to wait before each further attempt; after the last the delivery has failed.
WAITS_S = (10.0, 60.0, 300.0, 1800.0, 7200.0)
#: A gap between changes older than this was a change that was taken back.
GAP_S = 10.0
#: A webhook that was switched off for long is not told of everything since.
MOST_BEHIND = 100_000
_MOST_IN_ONE = 200
_KEPT = timedelta(days=30)
_AT_ONCE = 500
KIND = "webhook"


def tell_webhooks(site: Site) -> int:
    """Make a delivery of what is new for each webhook, and queue those that are due; how many jobs were queued.

    Several servers may do this at once: the row of a webhook or delivery is taken by one of them.
    """
    queued = 0
    with system_session(site.engine, "look for webhooks", is_reading=True) as session:
        active = session.execute(
            every(Webhook).where(Webhook.is_active).with_only_columns(Webhook.id, Webhook.last_change_id)
        ).all()
        due = session.scalars(_due().with_only_columns(WebhookDelivery.id).limit(100)).all()
    if active:
        newest = newest_place(site.engine)
        for webhook_id, place in active:
            queued += _gather(site, webhook_id, newest) if place < newest else 0
    for delivery_id in due:
        queued += _queue_again(site, delivery_id)
    return queued


def _due() -> Any:
    return every(WebhookDelivery).where(WebhookDelivery.state == "waiting", WebhookDelivery.next_attempt_at < datetime.now(UTC))


def _gather(site: Site, webhook_id: int, newest: int) -> int:
    """Make the deliveries of what is new for one webhook."""
    with system_session(site.engine, f"gather changes for webhook:{webhook_id}") as session:
        webhook = session.scalars(every(Webhook).where(Webhook.id == webhook_id).with_for_update(skip_locked=True)).first()
        if webhook is None or not webhook.is_active:
            return 0
        changes = read_changes(site.engine, max(webhook.last_change_id, newest - MOST_BEHIND), gap_s=GAP_S)
        if not changes:
            return 0
        webhook.last_change_id = changes[-1].place
        try:
            actor = load_actor(session, webhook.experimenter_id)
        except MicrariumError:
            return 0  # the account is switched off
        told = _told_to(site, webhook, actor, changes)
        for start in range(0, len(told), _MOST_IN_ONE):
            _add_delivery(session, webhook, {"changes": [c.to_json() for c in told[start : start + _MOST_IN_ONE]]})
        _prune(session, webhook_id)
        return len(told)


def _told_to(site: Site, webhook: Webhook, actor: Actor, changes: list[Change]) -> list[Change]:
    """What a webhook is told of: of its classes, in its containers, and visible to its owner."""
    told = [c for c in changes if not webhook.classes or c.entity.__name__ in webhook.classes]
    told = seen_by(site.engine, actor, told) if told else []
    if not webhook.containers or not told:
        return told
    wanted: dict[type[Entity], set[int]] = {}
    for change in told:
        wanted.setdefault(change.entity, set()).add(change.object_id)
    inside: set[tuple[type[Entity], int]] = set()
    with open_session(site.engine, actor, is_reading=True) as session:
        for name in webhook.containers:
            container, number = parse_container(name)
            inside.add((container, number))
            for entity, ids in wanted.items():
                inside |= {(entity, i) for i in _inside(session, actor, entity, sorted(ids), container, number)}
    return [change for change in told if (change.entity, change.object_id) in inside]


def _inside(
    session: ActorSession, actor: Actor, entity: type[Entity], ids: Sequence[int], container: type[Entity], number: int
) -> list[int]:
    criterion = None if entity is container else found_from(entity, container.singular(), [number])
    if criterion is None:
        return []
    found: list[int] = []
    for start in range(0, len(ids), _AT_ONCE):
        some = visible(entity, actor).where(criterion, entity.id.in_(ids[start : start + _AT_ONCE]))
        found += session.scalars(some.with_only_columns(entity.id))
    return found


def check_webhook(site: Site, actor: Actor, values: Mapping[str, Any]) -> None:
    """Nothing for a webhook, or a change of one, that can work; else ``InvalidInput`` that names the field.

    Its address is none of a private network unless the setting allows those, and its containers are there for its owner to see.
    """
    if isinstance(url := values.get("url"), str):
        check_target(url, may_be_private=site.settings.webhook_private)
    names = values.get("containers")
    with open_session(site.engine, actor, is_reading=True) as session:
        for name in names if isinstance(names, list) else ():
            container, number = parse_container(str(name))
            if session.get(container, number) is None:
                raise InvalidInput(f"There is no {name} that you may see", field="containers")


def parse_container(name: str) -> tuple[type[Entity], int]:
    """The class and id in ``project:3``. Raises ``InvalidInput``."""
    kind, _, number = name.partition(":")
    entity = entity_by_singular().get(kind)
    if entity is None or not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise InvalidInput(f"{name!r} names no container; it looks like project:3", field="containers")
    return entity, int(number)


def _add_delivery(session: ActorSession, webhook: Webhook, payload: dict[str, Any]) -> Job:
    """The job that sends a new delivery."""
    made = WebhookDelivery(webhook_id=webhook.id, experimenter_id=webhook.experimenter_id, payload=payload)
    session.add(made)
    session.flush()
    return _ask_for_job(session, made)


def _ask_for_job(session: ActorSession, delivery: WebhookDelivery) -> Job:
    delivery.next_attempt_at = None
    made = Job(kind=KIND, arguments={"delivery_id": delivery.id}, experimenter_id=delivery.experimenter_id, message="Waiting")
    session.add(made)
    session.flush()
    return made


def _queue_again(site: Site, delivery_id: int) -> int:
    with system_session(site.engine, f"try webhook_delivery:{delivery_id} again") as session:
        mine = _due().where(WebhookDelivery.id == delivery_id).with_for_update(skip_locked=True)
        delivery = session.scalars(mine).first()
        if delivery is None:
            return 0
        _ask_for_job(session, delivery)
        return 1


def tell_at_once(session: ActorSession, experimenter_ids: Sequence[int], payload: dict[str, Any]) -> None:
    """Deliver what is no change of an object to the active webhooks of some people that are told of all classes."""
    hooks = every(Webhook).where(Webhook.is_active, Webhook.experimenter_id.in_(experimenter_ids)).order_by(Webhook.id)
    for webhook in session.scalars(hooks):
        if not webhook.classes and not webhook.containers:
            _add_delivery(session, webhook, {"changes": [], **payload})


def try_webhook(session: ActorSession, webhook_id: int) -> Job:
    """A job that tells a webhook's address that this is a test."""
    return _add_delivery(session, get_visible(session, Webhook, webhook_id), {"test": True, "changes": []})


def _prune(session: ActorSession, webhook_id: int) -> None:
    old = every(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.created_at < datetime.now(UTC) - _KEPT
    )
    for delivery in session.scalars(old.limit(100)):
        session.delete(delivery)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a delivery: ``sha256=`` and the HMAC-SHA256 of the timestamp, a dot and the body."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


@job(KIND)
def deliver(site: Site, work: Work) -> dict[str, Any]:
    """Sends one delivery. What is not answered with 2xx is tried again later, at last given up."""
    delivery_id = work.arguments["delivery_id"]
    with system_session(site.engine, f"send webhook_delivery:{delivery_id}", is_reading=True) as session:
        delivery = session.get(WebhookDelivery, delivery_id)
        webhook = session.get(Webhook, delivery.webhook_id) if delivery else None
        if delivery is None or webhook is None:
            raise NotFound(f"There is no webhook_delivery:{delivery_id} any more")
        if delivery.state != "waiting":
            return {"delivery_id": delivery_id, "state": delivery.state}
        url, secret, payload, attempts = webhook.url, webhook.secret, dict(delivery.payload), delivery.attempts + 1
    body, timestamp = orjson.dumps({"webhook_id": webhook.id, "delivery_id": delivery_id} | payload), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Micrarium-Delivery": str(delivery_id),
        "X-Micrarium-Timestamp": timestamp,
        "X-Micrarium-Signature": sign(secret, timestamp, body),
    }
    status: int | None = None
    try:
        status, told = post(url, body, headers, may_be_private=site.settings.webhook_private)
        is_done = 200 <= status < 300
    except (Unavailable, InvalidInput) as error:
        is_done, told = False, error.detail
    return _note(site, delivery_id, attempts, is_done=is_done, status=status, told=told)


def _note(site: Site, delivery_id: int, attempts: int, *, is_done: bool, status: int | None, told: str) -> dict[str, Any]:
    """Keep what came of an attempt, and when to try again."""
    now = datetime.now(UTC)
    with system_session(site.engine, f"note what came of webhook_delivery:{delivery_id}") as session:
        delivery = session.get(WebhookDelivery, delivery_id)
        if delivery is None:
            raise NotFound(f"There is no webhook_delivery:{delivery_id} any more")
        is_over = is_done or attempts > len(WAITS_S)
        delivery.attempts, delivery.response_status, delivery.message = attempts, status, told[:1000]
        delivery.state = "delivered" if is_done else "failed" if is_over else "waiting"
        delivery.finished_at = now if is_over else None
        delivery.next_attempt_at = None if is_over else now + timedelta(seconds=WAITS_S[attempts - 1])
        return {"delivery_id": delivery_id, "state": delivery.state, "response_status": status, "message": told[:1000]}
