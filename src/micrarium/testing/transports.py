"""Calling an application's HTTP interface inside of the test's own process, without a port."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from micrarium.actions.opening import Site
from micrarium.actions.signing_in import make_token
from micrarium.api.app import make_app
from micrarium.model import Experimenter
from micrarium.permissions import find_by, load_actor, open_session, system_session


class InProcessTransport(httpx.BaseTransport):
    """Hands requests to an ASGI application, each as a whole."""

    def __init__(self, portal: BlockingPortal, application: httpx.ASGITransport) -> None:
        self._portal = portal
        self._application = application

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._portal.call(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._application.handle_async_request(request)
        body = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=body, request=request)


@contextmanager
def call_in_process(site: Site) -> Iterator[Callable[[str | None], httpx.Client]]:
    """A function that opens the API of a site as the person with a name, or as nobody for None."""
    with start_blocking_portal() as portal:
        app = make_app(site)
        transport = InProcessTransport(portal, httpx.ASGITransport(app))
        with portal.wrap_async_context_manager(app.router.lifespan_context(app)):
            clients = []

            def open_as(name: str | None) -> httpx.Client:
                headers = {} if name is None else {"Authorization": f"Bearer {_token_of(site, name)}"}
                clients.append(httpx.Client(transport=transport, base_url="http://testserver", headers=headers))
                return clients[-1]

            yield open_as
            for client in clients:
                client.close()


def _token_of(site: Site, name: str) -> str:
    with system_session(site.engine, "a test signs in") as session:
        person = find_by(session, Experimenter, ome_name=name)
        assert person is not None, f"there is no {name}"
        actor = load_actor(session, person.id)
    with open_session(site.engine, actor) as session:
        scope = "admin" if actor.is_admin else "write"
        return make_token(session, name="test", scope=scope, expires_at=None)[1]
