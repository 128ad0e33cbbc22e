"""What a chat is called until somebody names it."""

UNTITLED = "New chat"
LONGEST = 80


def title_of(question: str) -> str:
    """Return a title made from the first question: its first line, cut between words."""
    line = next((line.strip() for line in question.splitlines() if line.strip()), "")
    line = " ".join(line.split())
    if len(line) <= LONGEST:
        return line or UNTITLED
    cut = line[:LONGEST].rsplit(" ", 1)[0]
    return f"{cut if len(cut) > LONGEST // 2 else line[: LONGEST - 1]}…"
