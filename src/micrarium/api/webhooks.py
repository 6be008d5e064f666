"""Webhooks over HTTP: their secret and a test, beside the routes they have as every class; and the look for what is new."""

from __future__ import annotations

import asyncio
import logging

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from micrarium.actions import telling
from micrarium.actions.opening import Site
from micrarium.api.edge import answer, reading, writing
from micrarium.api.jobs import accepted
from micrarium.errors import NotFound
from micrarium.jobs import Worker
from micrarium.model import Webhook
from micrarium.permissions import get_visible

router = APIRouter(tags=["webhooks"])
_log = logging.getLogger(__name__)
LOOK_S = 2.0


async def tell_regularly(site: Site, worker: Worker) -> None:
    """Look again and again for what webhooks are to be told of, until it is cancelled."""
    while True:
        try:
            # In a thread of its own: those of requests are for requests.
            if await asyncio.get_running_loop().run_in_executor(None, telling.tell_webhooks, site):
                worker.wake()
        except SQLAlchemyError:
            _log.exception("The webhooks cannot be read; trying again")
        await asyncio.sleep(LOOK_S)


@router.get("/webhooks/{webhook_id}/secret", operation_id="show_webhook_secret")
def show_secret(request: Request, webhook_id: int) -> Response:
    """The secret that signs a webhook's deliveries, for its owner only."""
    with reading(request) as session:
        webhook = get_visible(session, Webhook, webhook_id)
        if session.actor is None or webhook.experimenter_id != session.actor.id:
            raise NotFound(f"There is no webhook:{webhook_id} of yours")
        return answer({"secret": webhook.secret}, headers={"Cache-Control": "no-store"})


@router.post("/webhooks/{webhook_id}/test", status_code=202, operation_id="test_webhook")
def test_webhook(request: Request, webhook_id: int) -> Response:
    """Send a delivery without changes, as a job, whose result tells what was answered."""
    with writing(request) as session:
        job = telling.try_webhook(session, webhook_id)
    return accepted(request, job)
