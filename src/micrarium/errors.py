"""Every error a caller can meet, each knowing its HTTP status and its exit code.

Raised where the fact is known and never translated on the way: the HTTP edge makes an RFC 9457 problem of it, the
command line one line and an exit code, and the Python client raises the same class again.
"""

from __future__ import annotations

from typing import Any, ClassVar


class MicrariumError(Exception):
    """What all errors of Micrarium have in common: one clear sentence for the person who meets it.

    ``detail`` says what is wrong and what to do; ``field`` names the input it concerns; ``extra`` goes into the problem
    document as it is (values that JSON can hold).
    """

    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str, *, field: str | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.extra = extra

    @classmethod
    def slug(cls) -> str:
        """The name of this kind of error in a problem document's ``type``."""
        return "".join("-" + c.lower() if c.isupper() else c for c in cls.__name__).lstrip("-")

    def to_problem(self) -> dict[str, Any]:
        """This error as an RFC 9457 problem document."""
        problem: dict[str, Any] = {"type": f"/problems/{self.slug()}", "title": self.title, "status": self.status}
        problem["detail"] = self.detail
        if self.field is not None:
            problem["field"] = self.field
        return problem | self.extra


class InvalidInput(MicrariumError):
    """A value that was given cannot be accepted."""

    status, exit_code, title = 422, 1, "Invalid input"


class PartlyFailed(MicrariumError):
    """Some of several things were done and some were not."""

    status, exit_code, title = 422, 1, "Partly failed"


class UsageError(MicrariumError):
    """The command or request is not of the form it should have."""

    status, exit_code, title = 400, 2, "Wrong usage"


class UnreadableFile(MicrariumError):
    """A file cannot be read: missing, damaged or cut short."""

    status, exit_code, title = 422, 3, "Unreadable file"


class UnsupportedFormat(UnreadableFile):
    """No reader knows this file."""

    status, exit_code, title = 415, 3, "Unsupported format"


class NotSignedIn(MicrariumError):
    """The request needs somebody to be signed in."""

    status, exit_code, title = 401, 4, "Not signed in"


class NotAllowed(MicrariumError):
    """The object is visible, but this may not be done to it by this person."""

    status, exit_code, title = 403, 4, "Not allowed"


class NotFound(MicrariumError):
    """It does not exist, or this person may not know that it does."""

    status, exit_code, title = 404, 4, "Not found"


class Conflict(MicrariumError):
    """It clashes with what is there already."""

    status, exit_code, title = 409, 5, "Conflict"


class OutputExists(Conflict):
    """Something stands where the output should go."""

    title = "Output exists"


class DataFolderInUse(Conflict):
    """A server works on this data folder."""

    title = "Data folder in use"


class OldSchema(Conflict):
    """The database was made by another version of Micrarium."""

    title = "Database schema is not current"


class StaleVersion(Conflict):
    """The object was changed since it was read."""

    status, title = 412, "Changed meanwhile"


class RangeNotSatisfiable(MicrariumError):
    """The bytes asked for lie outside of what there is, which are ``size_bytes``."""

    status, exit_code, title = 416, 1, "Range not satisfiable"


class TooLarge(MicrariumError):
    """More was asked for than is answered at once."""

    status, exit_code, title = 413, 1, "Too large"


class TooManyAttempts(MicrariumError):
    """It was tried too often in a short time."""

    status, exit_code, title = 429, 4, "Too many attempts"


class TooManyRequests(MicrariumError):
    """More was asked in a short time than this server answers one person or address; ``headers`` tell when to go on."""

    status, exit_code, title = 429, 1, "Too many requests"

    def __init__(self, detail: str, *, field: str | None = None, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail, field=field, **extra)
        self.headers = headers or {}


class Unavailable(MicrariumError):
    """Something this needs cannot be reached now: a server, a database, an object store."""

    status, exit_code, title = 503, 1, "Unavailable"


def all_errors() -> dict[str, type[MicrariumError]]:
    """Every class of error by its slug."""
    found: dict[str, type[MicrariumError]] = {}
    waiting: list[type[MicrariumError]] = [MicrariumError]
    while waiting:
        kind = waiting.pop()
        found[kind.slug()] = kind
        waiting.extend(kind.__subclasses__())
    return found


def from_problem(problem: dict[str, Any], status: int) -> MicrariumError:
    """The error that a problem document stands for, of the same class as the one the server raised."""
    slug = str(problem.get("type", "")).rsplit("/", 1)[-1]
    by_status = {401: NotSignedIn, 403: NotAllowed, 404: NotFound, 409: Conflict, 412: StaleVersion, 422: InvalidInput}
    kind = all_errors().get(slug) or by_status.get(status, MicrariumError)
    return kind(str(problem.get("detail") or problem.get("title") or f"The server answered {status}"), field=problem.get("field"))


def spell_out(sentence: str) -> str:
    """A sentence as it can be shown, whatever the name of a file in it: what is no letter is written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in sentence)
