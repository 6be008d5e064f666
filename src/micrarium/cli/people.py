"""The commands user and group: accounts, passwords and memberships."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from micrarium.cli.asking import DryRun, count_kinds
from micrarium.cli.connecting import choose_data_folder, open_client
from micrarium.cli.options import AsJson, DataFolder, show_examples
from micrarium.cli.output import note, print_json, print_table
from micrarium.cli.passwords import read_password
from micrarium.client.names import singularise

if TYPE_CHECKING:
    from micrarium.client import Client

UserName = Annotated[str, typer.Argument(metavar="NAME", help="The name the person signs in with.")]
GroupName = Annotated[str, typer.Argument(metavar="GROUP", help="A group, by name or number.")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    users = typer.Typer(help="Accounts and passwords.", no_args_is_help=True)
    users.command("add", epilog=show_examples(
        "micrarium user add ada --group imaging --first-name Ada --last-name Lovelace",
        "micrarium user add bob --group imaging --password-stdin < password.txt",
        "micrarium user add pia --group imaging --privileges Sudo,ModifyGroupMembership",
    ))(add_user)  # fmt: skip
    users.command("password", epilog=show_examples("micrarium user password ada"))(set_password)
    groups = typer.Typer(help="Groups and their members.", no_args_is_help=True)
    groups.command("add", epilog=show_examples("micrarium group add imaging --level read-annotate"))(add_group)
    groups.command("join", epilog=show_examples("micrarium group join imaging ada", "micrarium group join imaging pia --owner"))(
        join
    )
    groups.command("default", epilog=show_examples("micrarium group default imaging"))(set_default)
    groups.command("level", epilog=show_examples(
        "micrarium group level imaging read-annotate",
        "micrarium group level imaging private --dry-run",
        "micrarium group level imaging private --unlink",
    ))(change_level)  # fmt: skip
    groups.command("leave", epilog=show_examples("micrarium group leave imaging ada"))(leave)
    groups.command("members", epilog=show_examples("micrarium group members imaging --json"))(list_members)
    app.add_typer(users, name="user")
    app.add_typer(groups, name="group")


def add_user(
    name: UserName,
    group: Annotated[list[str], typer.Option(help="A group they are a member of, by name or number; can be repeated.")],
    first_name: str = "",
    last_name: str = "",
    email: str | None = None,
    admin: Annotated[bool, typer.Option("--admin", help="Make them an administrator.")] = False,
    privileges: Annotated[
        str | None, typer.Option(help="Make them an administrator who sees all and does only this: comma separated, or empty.")
    ] = None,
    password_stdin: PasswordStdin = False,
    data: DataFolder = None,
) -> None:
    """Make an account. The password is asked for, or read from standard input."""
    with open_client(data) as client:
        given: dict[str, Any] = {"group_ids": [find_group(client, one) for one in group]}
        given |= {"ome_name": name, "first_name": first_name, "last_name": last_name, "email": email}
        given |= {"is_admin": admin or privileges is not None}
        if privileges is not None:
            given["privileges"] = [name.strip() for name in privileges.split(",") if name.strip()]
        given["password"] = read_password(name, from_stdin=password_stdin)
        made = client.connection.send("POST", "/api/v1/accounts", given)
    note(f"Made experimenter:{made['id']} ({name}).")


def set_password(name: UserName, password_stdin: PasswordStdin = False, data: DataFolder = None) -> None:
    """Give somebody a new password, as an administrator, or change your own.

    A server asks for your own present one, too: standard input gives it in a second line. On a data folder nobody is asked.
    """
    with open_client(data) as client:
        number = find_user(client, name)
        given = {"password": read_password(name, from_stdin=password_stdin)}
        is_own = client.connection.get("/api/v1/session")["user"]["id"] == number
        if is_own and choose_data_folder(data) is None:
            given["current_password"] = read_password(f"{name} at present", from_stdin=password_stdin)
        client.connection.send("PUT", f"/api/v1/experimenters/{number}/password", given)
    note(f"{name} has a new password.")


def add_group(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new group's name.")],
    level: Annotated[str, typer.Option(help="private, read-only, read-annotate or read-write.")] = "private",
    description: str = "",
    data: DataFolder = None,
) -> None:
    """Make a group. Its level says what members may do with each other's data."""
    with open_client(data) as client:
        made = client.create("experimenter_groups", name=name, level=level, description=description)
    note(f"Made experimenter_group:{made.id} ({name}).")


def join(
    group: GroupName,
    name: UserName,
    owner: Annotated[bool, typer.Option("--owner", help="Make them one of the group's owners.")] = False,
    data: DataFolder = None,
) -> None:
    """Make somebody a member of a group."""
    with open_client(data) as client:
        given = {"username": name, "is_owner": owner}
        client.connection.send("POST", f"/api/v1/experimenter_groups/{find_group(client, group)}/members", given)
    note(f"{name} is {'an owner' if owner else 'a member'} of {group}.")


def set_default(group: GroupName, data: DataFolder = None) -> None:
    """Choose the group you start in, into which your new objects go."""
    with open_client(data) as client:
        number = client.connection.get("/api/v1/session")["user"]["id"]
        client.connection.send("PATCH", f"/api/v1/experimenters/{number}", {"default_group_id": find_group(client, group)})
    note(f"You start in {group}.")


def change_level(
    group: GroupName,
    level: Annotated[str, typer.Argument(metavar="LEVEL", help="private, read-only, read-annotate or read-write.")],
    unlink: Annotated[bool, typer.Option("--unlink", help="Cut links that join objects of different people.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Change how open a group is: what its members may do with each other's data."""
    given = {"level": level, "unlink": unlink, "dry_run": dry_run}
    with open_client(data) as client:
        told = client.connection.send("POST", f"/api/v1/experimenter_groups/{find_group(client, group)}/level", given)
    if as_json:
        print_json(told)
        return
    links = count_kinds({singularise(name): number for name, number in told["links"].items()}) if told["links"] else ""
    if not dry_run:
        note(f"{group} is {level}." + (f" Cut: {links}." if links else ""))
    elif told["is_possible"]:
        note(f"{group} would become {level}." + (f" These would be cut: {links}." if links else ""))
    else:
        note(f"{group} cannot become {level}: objects of different people are joined by {links}. Give --unlink to cut them.")


def leave(group: GroupName, name: UserName, data: DataFolder = None) -> None:
    """End somebody's membership of a group."""
    with open_client(data) as client:
        path = f"/api/v1/experimenter_groups/{find_group(client, group)}/members/{find_user(client, name)}"
        client.connection.send("DELETE", path)
    note(f"{name} is no member of {group} any more.")


def list_members(group: GroupName, as_json: AsJson = False, data: DataFolder = None) -> None:
    """List the members of a group."""
    with open_client(data) as client:
        found: list[dict[str, Any]] = client.connection.get(f"/api/v1/experimenter_groups/{find_group(client, group)}/members")[
            "items"
        ]
    if as_json:
        print_json(found)
    else:
        columns = list(found[0]) if found else []
        print_table(columns, [[member[column] for column in columns] for member in found])


def find_user(client: Client, name: str) -> int:
    """The number of the account with a name, or ``NotFound``."""
    return client.admin.find("user", name)


def find_group(client: Client, name: str) -> int:
    """The number of the group with a name or number, or ``NotFound``."""
    return client.admin.find("group", name)
