"""Exchange an API key for a token, then run a saved query with a value for each parameter.

Needs httpx2 (`pip install httpx2`), a running `trellis up`, and an API key in KEY:

    KEY=tr_… python examples/ask.py "Monthly revenue" year=2025
"""

# ruff: noqa: INP001 - a script to be copied, not a part of a package

import os
import sys

import httpx2

URL = os.environ.get("TRELLIS_URL", "http://127.0.0.1:8000")
EMAIL = os.environ.get("EMAIL", "owner@localhost")


def main(title: str, *values: str) -> None:
    """Print the answer, a line for each row."""
    with httpx2.Client(base_url=URL, timeout=60) as http:
        issued = http.post(
            "/v1/authenticate", headers={"X-API-Key": os.environ["KEY"]}, json={"email": EMAIL}
        )
        http.headers["authorization"] = f"Bearer {issued.raise_for_status().json()['token']}"
        queries = http.get("/v1/queries").raise_for_status().json()["queries"]
        query = next(each for each in queries if each["title"] == title)
        run = http.post(
            f"/v1/queries/{query['id']}/run",
            json={"parameters": dict(value.split("=", 1) for value in values)},
        )
        if run.is_error:
            sys.exit(run.json()["detail"])
        answer = run.json()
        print(*(column["name"] for column in answer["columns"]), sep="\t")
        for row in answer["rows"]:
            print(*row, sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:] or ("Monthly revenue", "year=2025"))
