"""The nouns of notices."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, JsonValue, SkipValidation, StringConstraints

from core.channels import Spot
from core.charts import Chart, Grid
from core.connections import Answer
from core.identity import Audience, Surface
from core.ids import ConnectionId, MemberId, NoticeId, OrganizationId, QueryId
from core.record import Record, Storable

Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable
]


class NoticeDraft(Record):
    """What a member wants posted, where and when."""

    query: Words
    """The saved query's id or title."""
    parameters: dict[str, JsonValue] = Field(default={}, max_length=100)
    """A value for each of its `{{parameters}}`, the same every time."""
    connection: Words | None = None
    """The name or id of another connection than the query's own."""
    when: Words
    """In words, or five fields of cron; a time zone may stand at its end."""
    zone: Words = "UTC"
    """The time zone of whoever says so; one that is named in `when` counts more."""
    spot: Spot
    channel_name: Annotated[str, StringConstraints(max_length=200), Storable] = ""


class Notice(Record):
    """A saved query that is posted into a channel whenever its time comes."""

    id: NoticeId
    organization_id: OrganizationId
    query_id: QueryId
    title: str
    """The query's, as it was when the notice was made or last posted."""
    parameters: Annotated[dict[str, Any], SkipValidation]
    connection_id: ConnectionId | None
    """None asks whichever connection the query is saved for."""
    cron: str
    zone: str
    said: str
    """When it comes, in plain words: `every Monday at 09:00`."""
    surface: Surface
    workspace: str
    channel: str
    channel_name: str
    audience: Audience
    """Who heard the channel when the notice was made."""
    paused: bool
    problem: str | None
    """Why it was not posted the last time, or why it paused by itself."""
    next_at: datetime | None
    """None while it is paused."""
    last_at: datetime | None
    """When it was last due and posted."""
    created_by: MemberId
    created_by_name: str
    created_at: datetime

    @property
    def spot(self) -> Spot:
        """Where it is posted."""
        return Spot(
            surface=self.surface,
            workspace=self.workspace,
            channel=self.channel,
            audience=self.audience,
        )


class Posting(Record):
    """What is posted at one time: an answer, or why there is none."""

    id: str
    """The same for the same notice and time: by it a posting is known that is there already."""
    notice: Notice
    at: datetime
    """When it was due."""
    answer: Annotated[Answer | None, SkipValidation] = None
    grid: Grid | None = None
    """The head of the answer's rows; None where there are none."""
    chart: Chart | None = None
    notes: tuple[str, ...] = ()
    """Small print: how many rows there are, what was cut."""
    refusal: str | None = None
    """Why there is no answer, fit for everybody who hears the channel."""
