"""Forms that are opened, and kept where they could not be opened at once."""

from collections import OrderedDict

from bot.cards import Button, Card, Form, Style
from bot.scene import Scene
from bot.speaker import SpeechFailed
from core.chats.guard import harmless
from core.ids import MemberId

KEPT = 1_000
"""Forms of all members together."""


class Forms:
    """Opens forms.

    A platform opens none when it is too late, nor one upon another; then a button opens it, with
    what was typed and what was wrong with it. That is kept in memory alone: after a restart the
    button opens an empty form.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: OrderedDict[tuple[MemberId, str], Form] = OrderedDict()

    async def open(self, scene: Scene, form: Form, *, wrong: str = "", lacks: str) -> None:
        """Open a form, or let a button do it.

        Args:
            scene: who is asked.
            form: what is asked.
            wrong: what was wrong with what was typed before, as plain text.
            lacks: what is said beside the button where nothing was wrong.
        """
        try:
            await scene.speaker.form(form)
        except SpeechFailed:
            key = (scene.actor.member_id, form.press)
            self._kept[key] = form
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            button = Button(label="Fill in", press=form.press, style=Style.PRIMARY)
            said = harmless(wrong) or lacks
            card = Card(text=said, controls=((button,),), private=True, refused=bool(wrong))
            await scene.speaker.whisper(card)

    async def again(self, scene: Scene, press: str) -> bool:
        """Open the form that a button stands for, if it is kept; return whether it is."""
        form = self._kept.pop((scene.actor.member_id, press), None)
        if form is None:
            return False
        await self.open(scene, form, lacks="Once more:")
        return True
