"""The refusals of chats."""

from core.errors import Conflict, Invalid, Limited, NotFound


class ChatNotFound(NotFound):
    """Chat not found"""


class MessageNotFound(NotFound):
    """Message not found"""


class OpenChatCap(Conflict):
    """You have as many chats as there may be; delete some first."""


class ChatBusy(Conflict):
    """The chat is answering a question; wait for it, or interrupt it."""


class MessageNotYours(Invalid):
    """Only your own questions can be rewritten, not the answers."""


class TurnInterrupted(Limited):
    """The answer was interrupted."""
