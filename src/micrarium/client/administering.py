"""What administrators ask of a server: ``client.admin``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from micrarium.client.connection import API
from micrarium.client.finding import find_number

if TYPE_CHECKING:
    from micrarium.client import Client


class Administration:
    """The administrator's side of a server; everybody else is refused by it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def disk_use(self, by: str = "group") -> dict[str, Any]:
        """Bytes and counts by ``user``, ``group`` or ``project``, and of the whole site."""
        return self._get("admin/disk_use", by=by)

    def set_quota(self, kind: str, name: str, quota_bytes: int | None) -> dict[str, Any]:
        """What holds after giving a ``user`` or ``group``, by name or number, a quota in bytes; None takes it away."""
        number = self.find(kind, name)
        return self._send("PUT", f"admin/quotas/{kind}/{number}", {"quota_bytes": quota_bytes})

    def quotas(self) -> list[dict[str, Any]]:
        """One's own quota and those of one's groups, what is used and what is left; open to everybody."""
        told = self._get("quotas")
        return [told["user"], *told["groups"]]

    def find(self, kind: str, name: str) -> int:
        """The number of a ``user`` or ``group`` by its name or number. Raises ``NotFound``, ``UsageError``."""
        return find_number(self._client.connection, kind, name)

    def settings(self) -> list[dict[str, Any]]:
        """Every setting with its value, default and origin."""
        return self._items("admin/settings")

    def logs(self, *, level: str = "info", search: str = "", limit: int = 200) -> list[dict[str, Any]]:
        """The last lines of the server's log, the newest first."""
        return self._items("admin/logs", level=level, search=search, limit=limit)

    def examine(self, *, everything: bool = False) -> dict[str, Any]:
        """The job that looks for what is wrong with the site; ``everything`` reads every original."""
        return self._send("POST", "admin/doctor", {"all": everything})

    def relink(self, folders: list[str], *, dry_run: bool = False) -> dict[str, Any]:
        """The job that looks below folders of the server for files registered in place that moved."""
        return self._send("POST", "admin/relink", {"folders": folders, "dry_run": dry_run})

    def custody(self) -> dict[str, Any]:
        """How many files were verified, what is wrong, and the last verification."""
        return self._get("admin/custody")

    def file_problems(self, *, kind: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
        """Files with which something is wrong, at most so many."""
        given = {"limit": limit} | ({} if kind is None else {"kind": kind})
        return self._items("admin/custody/problems", **given)

    def jobs(self, *, state: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
        """Everybody's jobs, the newest first."""
        return self._items("admin/jobs", state=state, limit=limit)

    def sessions(self) -> list[dict[str, Any]]:
        """The browsers that are signed in."""
        return self._items("admin/sessions")

    def banner(self) -> dict[str, Any]:
        """The message that everyone is shown."""
        return self._get("banner")

    def set_banner(self, text: str, *, level: str = "info", ends_at: str | None = None) -> dict[str, Any]:
        """The message that everyone is shown from now on; an empty text takes it away."""
        return self._send("PUT", "banner", {"text": text, "level": level, "ends_at": ends_at})

    def mail(
        self, subject: str, text: str, *, groups: list[str] | None = None, users: list[str] | None = None, to_all: bool = False
    ) -> dict[str, Any]:
        """The job that writes to groups and users, by name or number, or to everyone who is active."""
        group_ids = [self.find("group", name) for name in groups or ()]
        user_ids = [self.find("user", name) for name in users or ()]
        given = {"subject": subject, "text": text, "group_ids": group_ids, "user_ids": user_ids, "all": to_all}
        return self._send("POST", "admin/mail", given)

    def classrooms(self) -> list[dict[str, Any]]:
        """Every class room with its accounts."""
        return self._items("admin/classrooms")

    def add_classroom(self, name: str, *, users: int, dataset_id: int | None = None, level: str = "private") -> dict[str, Any]:
        """A new class room: its accounts with their passwords, told this once, and the ``job`` that copies the dataset."""
        given = {"name": name, "users": users, "dataset_id": dataset_id, "level": level}
        return self._send("POST", "admin/classrooms", given)

    def count_classroom(self, name: str) -> dict[str, Any]:
        """What is in a class room, and would go into the bin with a reset: ``users``, and ``counts`` by kind."""
        return self._get(f"admin/classrooms/{_quoted(name)}")

    def reset_classroom(self, name: str) -> dict[str, Any]:
        """The job that puts a class room back to how it began."""
        return self._send("POST", f"admin/classrooms/{_quoted(name)}/reset")

    def remove_classroom(self, name: str) -> dict[str, Any]:
        """What came of ending a class room."""
        return self._send("DELETE", f"admin/classrooms/{_quoted(name)}")

    def _get(self, path: str, **params: Any) -> dict[str, Any]:
        found: dict[str, Any] = self._client.connection.get(f"{API}/{path}", **params)
        return found

    def _items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        return list(self._get(path, **params)["items"])

    def _send(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = self._client.connection.send(method, f"{API}/{path}", body)
        return found


def _quoted(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")
