"""Durable background work: left by anyone, done by a worker, resumed after a crash."""

from core.jobs.errors import JobFailed, JobNotFound, JobsUnavailable, JobsUnfit, PartFailed
from core.jobs.records import Job, JobState, Retry
from core.jobs.runner import Runner, Steps, Tick, Work

__all__ = [
    "Job",
    "JobFailed",
    "JobNotFound",
    "JobState",
    "JobsUnavailable",
    "JobsUnfit",
    "PartFailed",
    "Retry",
    "Runner",
    "Steps",
    "Tick",
    "Work",
]
