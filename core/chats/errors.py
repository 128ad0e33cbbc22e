"""The refusals of chats.

* Invalid      MessageNotYours, MessageNotAnswer, FollowupsUnclear, ParametersAlone
* NotFound     ChatNotFound, MessageNotFound
* Conflict     OpenChatCap, ChatBusy, ChatPrivate
* Limited      TooManyTurns, TurnInterrupted, TurnTimedOut
* Unavailable  ShuttingDown
"""

from core.errors import Conflict, Invalid, Limited, NotFound, Unavailable


class ChatNotFound(NotFound):
    """Chat not found"""


class MessageNotFound(NotFound):
    """Message not found"""


class OpenChatCap(Conflict):
    """You have as many chats as there may be; delete some first."""


class ChatBusy(Conflict):
    """The chat is answering a question; wait for it, or interrupt it."""


class ChatPrivate(Conflict):
    """That chat is yours alone and others hear you here; ask anew, or show its answer first."""


class MessageNotYours(Invalid):
    """Only your own questions can be rewritten, not the answers."""


class MessageNotAnswer(Invalid):
    """Feedback is about an answer, and this is a question."""


class FollowupsUnclear(Invalid):
    """Follow-ups go on either from a chat (chat_id) or from questions (user_messages)."""


class ParametersAlone(Invalid):
    """Parameters are the values of a saved query: give its id too, or say them in the question."""


class TooManyTurns(Limited):
    """You are waiting for as many answers as you may; wait for one, or interrupt it."""


class TurnInterrupted(Limited):
    """The answer was interrupted."""


class TurnTimedOut(Limited):
    """The answer took too long and was stopped."""

    def __init__(self, seconds: float) -> None:
        """Say how many *seconds* it may take."""
        super().__init__(
            f"The answer took longer than {seconds:g} seconds and was stopped; ask for less at "
            "once, or have TRELLIS_TURN_SECONDS raised."
        )


class ShuttingDown(Unavailable):
    """Trellis is about to stop; ask again in a moment."""
