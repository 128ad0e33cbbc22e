"""What is being done while an answer is written, for those who wait."""

from core.chats.events import ToolReturned, ToolUsed, Working

DOING = {
    "starting": "Beginning…",
    "thinking": "Thinking…",
    "analyzing": "Looking at the data…",
    "processing": "Asking the database…",
}
USING = {
    "search_schema": "Looking for the right tables…",
    "describe_tables": "Reading what the tables hold…",
    "run_sql": "Asking the database…",
    "run_query": "Running a saved query…",
    "search_queries": "Looking through the saved queries…",
    "make_chart": "Drawing a chart…",
}


def doing(event: Working | ToolUsed | ToolReturned) -> str:
    """Return what goes on now, in words."""
    match event:
        case Working(status=status):
            return DOING.get(status, "")
        case ToolUsed(name=name):
            return USING.get(name, DOING["processing"])
        case ToolReturned():
            return DOING["thinking"]
