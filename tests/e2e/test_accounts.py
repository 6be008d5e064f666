"""Other ways in, one's own account and working as somebody else, in a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller

from micrarium.client import connect
from micrarium.testing.browsers import PATIENCE_MS
from micrarium.testing.providers import CLIENT_ID, CLIENT_SECRET, Provider, start_provider
from micrarium.testing.servers import TemporaryServer, find_free_port, start_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PROGRAM = Path(__file__).resolve().parents[1] / "oidc" / "provider.mjs"
WORD = "a pass phrase of hers"


class Letters:
    """Keeps the texts of the mails that a server takes."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # the server's name for it
        self.kept.append(message_from_bytes(envelope.content, policy=policy.default).get_content())
        return "250 OK"


@dataclass(frozen=True)
class Lab:
    """A server whose people are at a provider too, and that sends mail."""

    server: TemporaryServer
    provider: Provider
    letters: Letters


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder, port, letters = tmp_path_factory.mktemp("accounts"), find_free_port(), Letters()
    url = f"http://127.0.0.1:{port}"
    mail = Controller(letters, hostname="127.0.0.1", port=find_free_port())
    mail.start()
    with start_provider(PROGRAM, folder, redirect_uri=f"{url}/api/v1/session/oidc/callback") as provider:
        settings = {
            "MICRARIUM_PORT": str(port), "MICRARIUM_PUBLIC_URL": url, "MICRARIUM_OIDC_ISSUER": provider.issuer,
            "MICRARIUM_OIDC_CLIENT_ID": CLIENT_ID, "MICRARIUM_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "MICRARIUM_OIDC_NAME": "Example University", "MICRARIUM_OIDC_GROUP_MAP": json.dumps({"imaging": "Imaging"}),
            "MICRARIUM_SMTP_URL": f"smtp://127.0.0.1:{mail.port}", "MICRARIUM_MAIL_FROM": "micrarium@example.org",
        }  # fmt: skip
        provider.know(
            {"grace": {"preferred_username": "grace", "given_name": "Grace", "family_name": "Hopper", "groups": ["imaging"]}}
        )
        with start_server(folder / "data", settings=settings) as server:
            with connect(server.url, token=server.token) as client:
                account = {"ome_name": "ada", "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org"}
                client.connection.send("POST", "/api/v1/accounts", account | {"password": WORD})
                forgetful = {"ome_name": "bea", "email": "bea@example.org", "password": WORD}
                client.connection.send("POST", "/api/v1/accounts", forgetful)
            yield Lab(server, provider, letters)
    mail.stop()


@pytest.fixture
def new_tab(browser: Browser, lab: Lab) -> Iterator[Callable[[], Page]]:
    """Opens pages of the server, each with cookies of its own."""
    contexts = []

    def make() -> Page:
        contexts.append(browser.new_context(base_url=lab.server.url, viewport={"width": 1280, "height": 800}))
        contexts[-1].set_default_timeout(PATIENCE_MS)
        return contexts[-1].new_page()

    yield make
    for context in contexts:
        context.close()


def come_in(page: Page, name: str, password: str, path: str = "/") -> None:
    page.goto(path)
    page.get_by_label("User name").fill(name)
    page.locator("input[type=password]").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Account of").wait_for()


def test_the_button_leads_to_the_provider_and_back_to_the_page(new_tab: Callable[[], Page]) -> None:
    page = new_tab()
    page.goto("/settings/account")
    page.get_by_role("link", name="Sign in with Example University").click()
    page.get_by_label("Name").fill("grace")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Account").wait_for()
    page.get_by_role("button", name="Account of Grace Hopper, group Imaging").wait_for()
    page.get_by_text("This browser").wait_for()


def test_who_forgot_their_password_gets_a_mail_and_a_new_one(new_tab: Callable[[], Page], lab: Lab) -> None:
    page = new_tab()
    page.goto("/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("User name or e-mail address").fill("bea@example.org")
    page.get_by_role("button", name="Send a mail").click()
    page.get_by_role("status").wait_for()
    while not lab.letters.kept:
        page.wait_for_timeout(50)
    found = re.search(r"http://\S+", lab.letters.kept[-1])
    assert found
    page.goto("about:blank")
    page.goto(found[0])
    page.get_by_role("textbox", name="New password").fill("password123")
    page.get_by_role("button", name="Change password").click()
    assert "guessed" in page.get_by_role("alert").inner_text()
    page.get_by_role("textbox", name="New password").fill("another pass phrase of hers")
    page.get_by_role("button", name="Change password").click()
    page.get_by_role("status").wait_for()
    come_in(page, "bea", "another pass phrase of hers")


def test_another_browser_is_signed_out_from_the_account_page(new_tab: Callable[[], Page]) -> None:
    there, here = new_tab(), new_tab()
    come_in(there, "ada", WORD)
    come_in(here, "ada", WORD, "/settings/account")
    rows = here.get_by_role("region", name="Sign-ins").get_by_role("row")
    here.get_by_text("This browser").wait_for()
    before = rows.count()
    here.get_by_role("button", name="End Chrome on Linux").first.click()
    here.wait_for_function(f"document.querySelectorAll('section[aria-label=Sign-ins] tr').length === {before - 1}")
    assert there.request.get("/api/v1/session").status == 401


def test_an_administrator_works_as_somebody_else_and_is_told_so_until_the_end(new_tab: Callable[[], Page], lab: Lab) -> None:
    page = new_tab()
    come_in(page, "admin", lab.server.admin_password)
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("menuitem", name="Work as somebody else").click()
    page.get_by_label("User name").fill("nobody there")
    page.get_by_role("button", name="Work as them").click()
    assert "no user" in page.get_by_role("alert").inner_text()
    page.get_by_label("User name").fill("ada")
    page.get_by_role("button", name="Work as them").click()
    page.get_by_text("You act as Ada Lovelace").wait_for()
    assert page.request.get("/api/v1/session").json()["user"]["username"] == "ada"
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Account of Site Administrator").wait_for()
    assert page.get_by_text("You act as").count() == 0
    assert page.request.get("/api/v1/session").json()["user"]["username"] == "admin"


def test_a_token_is_made_for_some_things(new_tab: Callable[[], Page]) -> None:
    page = new_tab()
    come_in(page, "ada", WORD, "/settings/tokens")
    page.get_by_role("textbox", name="Name").fill("tagger")
    page.get_by_role("checkbox", name="annotate").check()
    assert page.get_by_role("checkbox", name="administrate").count() == 0
    page.get_by_role("button", name="Make token").click()
    token = page.get_by_test_id("new-token").inner_text()
    headers = {"Authorization": f"Bearer {token}"}
    tag = {"type": "TagAnnotation", "text_value": "seen"}
    assert page.request.post("/api/v1/annotations", data=tag, headers=headers).status in (201, 422)
    assert page.request.post("/api/v1/projects", data={"name": "x"}, headers=headers).status == 403
    assert page.get_by_role("cell", name="annotate", exact=True).count() == 1
