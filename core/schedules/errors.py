"""The refusals of schedules.

* Invalid      RunsTooOften
* Denied       ScheduleNotYours, OwnerGone, ChangedSince
* NotFound     ScheduleNotFound
* Conflict     ScheduleAmbiguous
* Limited      TooManySchedules
"""

from core.errors import Conflict, Denied, Invalid, Limited, NotFound


class RunsTooOften(Invalid):
    """A pipeline runs every five minutes at most."""


class ScheduleNotYours(Denied):
    """Only who made a schedule, or an admin, changes it."""


class OwnerGone(Denied):
    """Whoever made this schedule is no member any more, or may run no pipelines any more."""


class ChangedSince(Denied):
    """Somebody who is no member any more has changed the pipeline since; make the schedule anew."""


class ScheduleNotFound(NotFound):
    """Schedule not found"""


class ScheduleAmbiguous(Conflict):
    """Several schedules are of that pipeline; give the id of one."""


class TooManySchedules(Limited):
    """There are as many schedules as there may be; delete some first."""
