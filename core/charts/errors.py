"""The refusals of charts."""

from core.errors import Invalid, Limited, Unavailable


class ChartKindUnknown(Invalid):
    """There is no such kind of chart"""


class ChartColumnUnknown(Invalid):
    """The result has no such column"""


class ChartUnfit(Invalid):
    """The result makes no such chart"""


class ChartTooLarge(Limited):
    """The chart holds more than can be drawn"""


class DrawingFailed(Unavailable):
    """The chart could not be drawn"""


class DrawingTimedOut(Unavailable):
    """Drawing the chart took too long; try again, or look at the table"""
