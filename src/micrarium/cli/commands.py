"""The list of commands, in the order the help shows them."""

from __future__ import annotations

from micrarium.cli import (
    admin,
    backing_up,
    custody,
    demonstrating,
    doctoring,
    downloading,
    files,
    graphs,
    history,
    importing,
    jobs,
    objects,
    people,
    roots,
    serving,
    sessions,
    sharing,
    signing_in,
    tagging,
    webhooks,
)
from micrarium.cli.application import make_application

app = make_application()
_MODULES = (
    files, serving, demonstrating, importing, jobs, roots, downloading, objects, graphs, tagging, sharing, history,
    signing_in, sessions, webhooks, admin, backing_up, doctoring, custody, people,
)  # fmt: skip
for module in _MODULES:
    module.register(app)
