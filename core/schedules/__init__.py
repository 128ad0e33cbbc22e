"""Saved pipelines that run again and again, each whenever its time comes."""

from core.schedules.errors import (
    ScheduleAmbiguous,
    ScheduleNotFound,
    ScheduleNotYours,
    TooManySchedules,
)
from core.schedules.records import Schedule, ScheduleDraft
from core.schedules.service import Schedules

__all__ = [
    "Schedule",
    "ScheduleAmbiguous",
    "ScheduleDraft",
    "ScheduleNotFound",
    "ScheduleNotYours",
    "Schedules",
    "TooManySchedules",
]
