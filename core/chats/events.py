"""What happens in a turn, one frozen fact after the other."""

from typing import Annotated, Any

from pydantic import SkipValidation

from core.charts import Visualization
from core.chats.records import Failure, Message, Status
from core.ids import ChatId, MessageId
from core.record import Record


class Begun(Record):
    """The turn has a chat and its question is kept: the first event, always."""

    chat_id: ChatId
    user_message_id: MessageId


class Working(Record):
    """Work goes on."""

    status: Status


class Said(Record):
    """The next piece of the answer's text."""

    text: str


class ToolUsed(Record):
    """The analyst uses a tool."""

    id: str
    name: str
    arguments: Annotated[dict[str, Any], SkipValidation]


class ToolReturned(Record):
    """A tool has answered."""

    id: str
    name: str
    summary: str
    is_error: bool


class Visualized(Record):
    """A table or a chart of the answer."""

    visualization: Visualization


class Done(Record):
    """The whole answer, as it is kept: the last event, unless it is `Failed`."""

    message: Message


class Failed(Record):
    """Why there is no whole answer; what there is of it is kept in the message."""

    failure: Failure
    message: Message


Event = Begun | Working | Said | ToolUsed | ToolReturned | Visualized | Done | Failed
