"""A chart laid out anew for a phone: as narrow as its screen, its letters as large as before."""

import textwrap
from typing import Any

from rich.cells import cell_len

NARROW = 350
"""Pixels of its width, at scale 1."""
LETTER = 7
"""Pixels of a letter of a label, about."""
HEADLINE, SUBLINE = 38, 52
"""Letters of a line of the title, and of what stands below it."""
LINES = 3
BESIDE = 110
"""Pixels of the labels beside lying bars."""
LONGER = 1.2
"""How much more room values beyond the bars need than on a wide chart."""
RADIUS, KEY = 105, 22
"""Of a pie; pixels of each line of its key, which stands below it."""
HEIGHT = 320


def narrow(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a specification of ours for a narrow screen."""
    config = spec.get("config", {})
    title = config.get("title", {}) | {"limit": NARROW}
    found = spec | {
        "width": NARROW,
        "config": config | {"padding": 8, "title": title},
        "title": _title(spec.get("title", {})),
        "encoding": {name: dict(each) for name, each in spec["encoding"].items()},
    }
    encoding = found["encoding"]
    names = encoding.get("color", {}).get("scale", {}).get("domain", [])
    if "theta" in encoding:
        return _pie(found, len(names))
    if names:
        widest = max(min(LETTER * cell_len(name), 180) for name in names) + 40
        columns = max(1, min(len(names), (NARROW - 20) // widest))
        encoding["color"]["legend"] = encoding["color"]["legend"] | {"columns": columns}
    if encoding["y"]["type"] == "nominal":
        return _lying(found)
    found["height"] = HEIGHT + 20 * (len(names) // 3)
    return _standing(found) if encoding["x"]["type"] == "nominal" else found


def _title(title: dict[str, Any]) -> dict[str, Any]:
    text = _lines(str(title.get("text", "")), HEADLINE)
    found = title | {"text": text if len(text) > 1 else title.get("text", "")}
    if notes := title.get("subtitle"):
        found["subtitle"] = [line for note in notes for line in _lines(note, SUBLINE)]
    return found


def _lines(text: str, width: int) -> list[str]:
    # Wide signs take the room of two.
    width = max(8, width * len(text) // max(1, cell_len(text)))
    return textwrap.wrap(text, width, max_lines=LINES, placeholder=" …") or [text]


def _pie(spec: dict[str, Any], slices: int) -> dict[str, Any]:
    spec["layer"] = [
        layer
        | {
            "mark": layer["mark"]
            | {"outerRadius": RADIUS, "innerRadius": layer["mark"].get("innerRadius", 0) * 0.7}
        }
        for layer in spec["layer"]
    ]
    below = {"orient": "bottom", "columns": 1, "labelLimit": NARROW - 60, "offset": 12}
    legend = {k: v for k, v in spec["encoding"]["color"]["legend"].items() if k != "legendY"}
    spec["encoding"]["color"]["legend"] = legend | below
    spec["height"] = 2 * RADIUS + 90 + KEY * slices
    return spec


def _lying(spec: dict[str, Any]) -> dict[str, Any]:
    across, up = spec["encoding"]["x"], spec["encoding"]["y"]
    up["axis"] = up["axis"] | {"labelLimit": BESIDE}
    across["axis"] = across["axis"] | {"tickCount": 3}
    domain = across.get("scale", {}).get("domain")
    if domain:
        across["scale"] = across["scale"] | {"domain": [domain[0], domain[1] * LONGER]}
    return spec


def _standing(spec: dict[str, Any]) -> dict[str, Any]:
    rows, axis = spec["data"]["values"], spec["encoding"]["x"]["axis"]
    labels = list(dict.fromkeys(str(row["x"]) for row in rows))
    room = (NARROW - 70) // max(1, len(labels))
    if any(LETTER * cell_len(label) > room for label in labels):
        axis = axis | {"labelAngle": -50, "labelLimit": 90, "labelOverlap": "greedy"}
        if room >= 2 * LETTER:
            axis["labelOverlap"] = False
    spec["encoding"]["x"]["axis"] = axis
    if any(LETTER * cell_len(str(row.get("t", ""))) > room for row in rows):
        # What would lie over its neighbours is to be read from the axis.
        spec["layer"] = spec["layer"][:1]
    return spec
