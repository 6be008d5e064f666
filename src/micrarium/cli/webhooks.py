"""The command webhook: addresses that are told of changes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from micrarium.cli.connecting import open_client
from micrarium.cli.options import AsJson, DataFolder, show_examples
from micrarium.cli.output import note, print_json, print_table

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The number of the webhook, as `micrarium webhook list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    hooks = typer.Typer(help="Addresses that are told of changes.", no_args_is_help=True)
    hooks.command("add", epilog=show_examples(
        "micrarium webhook add https://lab.example.org/hook --class Image --in project:3",
    ))(add)  # fmt: skip
    hooks.command("list", epilog=show_examples("micrarium webhook list --json"))(list_webhooks)
    hooks.command("remove", epilog=show_examples("micrarium webhook remove 5"))(remove)
    hooks.command("test", epilog=show_examples("micrarium webhook test 5"))(try_one)
    hooks.command("log", epilog=show_examples("micrarium webhook log 5"))(show_log)
    app.add_typer(hooks, name="webhook")


def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to send: https://... or http://...")],
    classes: Annotated[
        list[str] | None, typer.Option("--class", metavar="CLASS", help="Only of this class, as Image; can be repeated.")
    ] = None,
    containers: Annotated[
        list[str] | None, typer.Option("--in", metavar="CONTAINER", help="Only of what lies in it, as project:3; can be repeated.")
    ] = None,
    name: str = "",
    data: DataFolder = None,
) -> None:
    """Have an address told of changes to what you may see. Prints the secret that signs what is sent."""
    with open_client(data) as client:
        given: dict[str, Any] = {"url": url, "name": name, "classes": classes or [], "containers": containers or []}
        made = client.connection.send("POST", "/api/v1/webhooks", given)
        secret = client.connection.get(f"/api/v1/webhooks/{made['id']}/secret")["secret"]
    note(f"Made webhook:{made['id']}. The secret that signs what is sent to it:")
    print(secret)


def list_webhooks(data: DataFolder = None, as_json: AsJson = False) -> None:
    """List your webhooks."""
    with open_client(data) as client:
        found = client.connection.get("/api/v1/webhooks", limit=1000)["items"]
    if as_json:
        print_json(found)
        return
    rows = [
        [str(h["id"]), h["url"], ", ".join(h["classes"]) or "all", ", ".join(h["containers"]), "yes" if h["is_active"] else "no"]
        for h in found
    ]
    print_table(["number", "url", "classes", "in", "active"], rows)


def remove(number: Number, data: DataFolder = None) -> None:
    """Remove a webhook and the log of what was sent to it."""
    with open_client(data) as client:
        client.connection.send("DELETE", f"/api/v1/webhooks/{number}")
    note(f"Removed webhook:{number}.")


def try_one(number: Number, data: DataFolder = None) -> None:
    """Send a delivery without changes, and say what was answered."""
    with open_client(data) as client:
        job = client.connection.send("POST", f"/api/v1/webhooks/{number}/test")
        result = client.wait(job)["result"]
    told = result["message"] if result["response_status"] is None else f"{result['response_status']} {result['message']}".strip()
    note(f"{result['state']}: {told}")
    if result["state"] != "delivered":
        raise typer.Exit(1)


def show_log(number: Number, limit: int = 20, data: DataFolder = None, as_json: AsJson = False) -> None:
    """List the newest deliveries to a webhook and what came of them."""
    with open_client(data) as client:
        found = client.connection.get("/api/v1/webhook_deliveries", webhook_id=number, sort="-id", limit=limit)["items"]
    if as_json:
        print_json(found)
        return
    rows = [
        [str(d["id"]), d["created_at"], d["state"], str(d["attempts"]), str(d["response_status"] or ""), d["message"] or ""]
        for d in found
    ]
    print_table(["number", "made", "state", "attempts", "status", "answer"], rows)
