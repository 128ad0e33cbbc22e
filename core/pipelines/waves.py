"""Which tasks may run together, and which tasks wait for each other in a circle."""

from collections.abc import Mapping, Sequence


def waves(waits_for: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Return the ids in waves: each as early as what it waits for lets it (Kahn, 1962).

    What stands in a circle, or waits for what does, is in none of them.
    """
    missing = {id: len(set(before)) for id, before in waits_for.items()}
    after: dict[str, list[str]] = {id: [] for id in waits_for}
    for id, before in waits_for.items():
        for each in set(before):
            after[each].append(id)
    found = []
    wave = [id for id in waits_for if not missing[id]]
    while wave:
        found.append(tuple(wave))
        freed = set()
        for id in wave:
            for each in after[id]:
                missing[each] -= 1
                if not missing[each]:
                    freed.add(each)
        wave = [id for id in waits_for if id in freed] if len(freed) > 1 else list(freed)
    return tuple(found)


def circle(waits_for: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return ids that wait for each other in a circle, the first one again at the end.

    Empty where there is none.
    """
    sound = {id for wave in waves(waits_for) for id in wave}
    left = {
        id: [each for each in before if each not in sound]
        for id, before in waits_for.items()
        if id not in sound
    }
    if not left:
        return ()
    # Everything that is left waits for something that is left: walking on leads into a circle.
    seen: dict[str, int] = {}
    at = next(iter(left))
    while at not in seen:
        seen[at] = len(seen)
        at = left[at][0]
    found = [*list(seen)[seen[at] :], at]
    return tuple(reversed(found))
