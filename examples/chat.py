"""Ask a question, print the answer as it comes, and take it up again if the connection breaks.

Needs httpx2 (`pip install httpx2`), a running `trellis up`, and an API key in KEY:

    KEY=tr_… python examples/chat.py "Monthly revenue for 2025"
"""

# ruff: noqa: INP001 - a script to be copied, not a part of a package

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import httpx2

URL = os.environ.get("TRELLIS_URL", "http://127.0.0.1:8000")
TRIES = 3


def events(http: httpx2.Client, body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and data of each event; whoever comes back at once misses none."""
    last = ""
    for _try in range(TRIES):
        headers = {"last-event-id": last} if last else {}
        try:
            with http.stream("POST", "/v1/chats", json=body, headers=headers) as answer:
                if answer.is_error:
                    sys.exit(json.loads(answer.read())["detail"])
                name = ""
                for line in answer.iter_lines():
                    field, _, value = line.partition(": ")
                    if field == "id":
                        last = value
                    elif field == "event":
                        name = value
                    elif field == "data":
                        yield name, json.loads(value)
                return
        except httpx2.TransportError:
            if not last:
                raise
    sys.exit("The connection broke too often.")


def main(question: str) -> None:
    """Print the words as they come, then the rows behind them."""
    tables = []
    headers = {"authorization": f"Bearer {os.environ['KEY']}"}
    with httpx2.Client(base_url=URL, headers=headers, timeout=60) as http:
        for name, data in events(http, {"message": question}):
            if name == "text_delta":
                print(data["content"], end="", flush=True)
            elif name == "visualization" and data["type"] == "table":
                tables.append(data["data"])
            elif name == "error":
                sys.exit(f"{data['error']} ({data['code']})")
    print()
    for table in tables:
        print(*(column["label"] for column in table["columns"]), sep="\t")
        for row in table["rows"]:
            print(*(row[column["key"]] for column in table["columns"]), sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:] or ("Monthly revenue for 2025",))
