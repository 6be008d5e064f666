"""The commands serve and upgrade."""

from __future__ import annotations

import gc
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from micrarium.cli.connecting import find_data_folder
from micrarium.cli.options import DataFolder, show_examples
from micrarium.cli.settings import load_settings
from micrarium.errors import Conflict, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from micrarium.actions.opening import Site

Host = Annotated[str | None, typer.Option(metavar="H", help="Listen on this address. Default: $MICRARIUM_HOST, else 127.0.0.1.")]
Port = Annotated[
    int | None, typer.Option(metavar="N", min=0, max=65535, help="Default: $MICRARIUM_PORT, else 4080; 0 for a free one.")
]
EVERYWHERE = {"0.0.0.0", "::", ""}
#: How long requests that are being answered may go on after Ctrl-C.
GRACE_S = 5
KEEP_ALIVE_S = 75


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("serve", epilog=show_examples(
        "micrarium serve",
        "micrarium serve --data /srv/micrarium --host 0.0.0.0 --port 8080",
    ))(serve)  # fmt: skip
    app.command("upgrade", epilog=show_examples("micrarium upgrade --data /srv/micrarium"))(upgrade)


def serve(data: DataFolder = None, host: Host = None, port: Port = None) -> None:
    """Serve a data folder in the browser and over HTTP until Ctrl-C. The folder is made when it is missing."""
    from micrarium.actions.opening import open_site

    settings = load_settings(data=find_data_folder(data), host=host, port=port, is_telling=True)
    with open_site(settings) as site:
        serve_site(site)


def serve_site(site: Site) -> None:
    """Serve an opened site until it is interrupted; then end the requests under way and return."""
    import uvicorn

    from micrarium.actions.reporting import begin_logging
    from micrarium.api.app import make_app
    from micrarium.pixels.allocation import settle_allocation

    settle_allocation()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                _announce(site, address)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            # Those who follow changes would otherwise be waited for.
            if follower := getattr(app.state, "follower", None):
                follower.close()
            await super().shutdown(sockets)

    app = make_app(site)
    with _listen(site.settings.host, site.settings.port) as listening:
        address = site.settings.public_url or _address_of(site.settings.host, listening)
        options: dict[str, Any] = {"access_log": False, "log_config": None, "timeout_graceful_shutdown": GRACE_S}
        # Longer than proxies keep theirs: who reuses a connection as we close it gets no answer.
        options["timeout_keep_alive"] = KEEP_ALIVE_S
        # The application itself reads what proxies say, of those that the settings trust.
        config = uvicorn.Config(app, proxy_headers=False, **options)
        begin_logging(site.settings)
        _end_on_terminate()
        _spare_collector()
        with suppress(KeyboardInterrupt):
            Server(config).run(sockets=[listening])


def _spare_collector() -> None:
    # What is loaded by now stays for good. Looking through it for garbage again and again, and whenever a long list was
    # made, takes as long as half of the answers.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def _announce(site: Site, address: str) -> None:
    """Say where the server is, and how to come in."""
    password = site.data / "initial-password"
    print(f"Micrarium serves {site.data} at {address}")
    if password.exists():
        print(f"Sign in as admin with the password in {password}")
    print("Ctrl-C ends it.", flush=True)


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens; says clearly when the port is taken."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except PermissionError:
        raise UsageError(f"Port {port} needs more rights than you have; choose one above 1023 with --port.", field="port") from None
    except OSError as error:
        raise Conflict(
            f"Cannot listen on {host} port {port}: {error.strerror}. Choose another with --port.", field="port"
        ) from None


def _address_of(host: str, listening: socket.socket) -> str:
    name = "localhost" if host in EVERYWHERE or host == "127.0.0.1" else f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}"


def _end_on_terminate() -> None:
    # Uvicorn lets the signal that ended it act once more after its own clean end; that must not cut ours short.
    def end(*_: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)


def upgrade(data: DataFolder = None) -> None:
    """Bring the database of a data folder to the schema of this version of Micrarium. Make a copy of it before."""
    from micrarium.actions.opening import upgrade_site

    folder: Path = find_data_folder(data)
    upgrade_site(load_settings(data=folder))
    print(f"{folder} is ready for this version of Micrarium.")
