"""Markdown that Slack itself reads, as it is said: nothing in it pings, links or loads.

What grows is sent piece by piece, so what was sent must never turn out to be something else: each
rule looks at what stands before a sign and at two signs after it, and an end that may still become
something waits for them. A sign of no width stands between what would be markup together; entities
would do as well where Slack reads words, and would be seen as they are where it reads code.
"""

import re

GAP = "\u2060"
"""Joins two words, and is not seen."""

_MARKS = re.compile(
    r"<(?=[@#!/A-Za-z])"  # <!channel>, <@U123>, <https://…>, a tag
    r"|&(?=[#a-z])"  # &lt;!channel&gt;
    r"|\](?=[(\[:])"  # [here](https://…), [here][1], [1]: https://…
    r"|!(?=\[)"  # ![](https://…)
    r"|(?<=[A-Za-z0-9]):(?=//)"  # https://…
    r"|(?<![A-Za-z0-9])www(?=\.)"
    r"|(?<![\w@.+-])@(?=\w)"  # @everyone; no e-mail address
)
_WAITS = re.compile(r"(?:[<&\]!@]|:/?|(?<![A-Za-z0-9])w{1,3})$")


def harmless(text: str) -> str:
    """Return *text* with nothing in it that Slack would act upon."""
    return _MARKS.sub(lambda found: found[0] + GAP, text)


def settled(text: str) -> int:
    """Return how many characters of a text that grows are what they will be."""
    found = _WAITS.search(text)
    return len(text) if found is None else found.start()
