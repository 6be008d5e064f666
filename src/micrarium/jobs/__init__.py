"""Work that takes longer than a request: the job table is the memory, threads of the server the muscle."""

from __future__ import annotations

from micrarium.jobs.periodic import Periodic
from micrarium.jobs.registry import JobCancelledError, Work, job
from micrarium.jobs.states import ask_for, cancel, describe_job, find_job, recent_jobs
from micrarium.jobs.worker import Worker

__all__ = ["JobCancelledError", "Periodic", "Work", "Worker", "ask_for", "cancel", "describe_job", "find_job", "job", "recent_jobs"]
