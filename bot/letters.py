"""Letters of pipelines as cards, and where they go."""

from bot.cards import Card
from bot.cells import short
from core.app import Core
from core.channels import Workspace
from core.chats.guard import harmless
from core.errors import Denied, Invalid
from core.identity import Actor, Audience, Surface
from core.ids import derived_id
from core.pipelines import Letter

LONGEST = 150
"""Characters of a title."""


class AddressUnclear(Invalid):
    """Say which channel: give its id, as the platform tells it."""


class HeardOutside(Denied):
    """People of other organizations hear that channel, and what a pipeline says is not for them."""


def permit(actor: Actor, heard_by: Audience) -> None:
    """Return quietly if a run may speak where so many hear it.

    What the run has read was held to its own audience, and to what a letter may have at most.

    Raises:
        HeardOutside: others hear it.
    """
    if not heard_by.within(actor.audience.wider(Audience.PUBLIC)):
        raise HeardOutside


def card_of(letter: Letter, actor: Actor) -> Card:
    """Return what a channel is told: nothing in it leads anywhere, or calls anybody."""
    title = " ".join(letter.title.split())
    return Card(
        title=short(title, LONGEST) or None,
        text=harmless(letter.text) or "…",
        notes=(f"Sent by a pipeline of {short(actor.name, 80)}" if actor.name else "A pipeline",),
    )


def mark_of(letter: Letter) -> str:
    """Return the id of a letter; the same whenever it is carried again."""
    return derived_id("letter", letter.key, letter.to)


async def workspace_of(
    core: Core, actor: Actor, surface: Surface, named: str | None = None
) -> Workspace:
    """Return the workspace of the actor's organization that is *named*, or the only one.

    Raises:
        AddressUnclear: there is none such, or there are several.
    """
    there = [each for each in await core.channels.list(actor) if each.surface is surface]
    if named is not None:
        there = [each for each in there if each.id == named]
    if len(there) == 1:
        return there[0]
    if not there:
        raise AddressUnclear(f"Trellis is in no such workspace of {surface.title()}.")
    ids = ", ".join(each.id for each in there[:10])
    raise AddressUnclear(
        f"Trellis is in several workspaces ({ids}): name one, as WORKSPACE/CHANNEL."
    )
