"""`trellis link`, and limits of connections."""

import re
import sqlite3

from tests.terminal import Home


def test_a_code_is_printed_alone_and_links_are_listed_and_removed(trellis: Home) -> None:
    made = trellis("link")
    told = trellis("link", "--json").json
    with sqlite3.connect(trellis.folder / "trellis.db") as store:
        store.execute(
            "INSERT INTO links SELECT organization_id, 'slack', 'T1', 'U1', 'Ada', id,"
            " '2026-01-31 09:00:00' FROM members"
        )
    store.close()
    listed = trellis("link", "list")
    records = trellis("link", "list", "--json").json
    removed = trellis("link", "remove", "slack", "U1")
    again = trellis("link", "remove", "slack", "U1")
    strange = trellis("link", "remove", "irc", "U1")

    code = r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}"
    assert re.fullmatch(code + "\n", made.out)
    assert f"/trellis link {made.out.strip()} in" in made.err
    assert list(told) == ["code", "expires_at"]
    assert re.fullmatch(code, told["code"])
    assert listed.out.splitlines()[1].split()[:4] == ["slack", "T1", "U1", "Ada"]
    assert [(each["surface"], each["person"]) for each in records] == [("slack", "U1")]
    assert removed.out == "Removed Ada (slack)\n"
    assert (again.code, again.err) == (1, "Link not found\n")
    assert strange.code == 2


def test_a_connection_is_limited_and_says_so(trellis: Home) -> None:
    limited = trellis("connection", "limit", "sample", "--least", "admin")
    told = trellis("connection", "limit", "sample", "--audience", "alone", "--json").json
    listed = trellis("connection", "list")
    nothing = trellis("connection", "limit", "sample")
    key = trellis("key", "create", "mine", "--json").json["key"]
    trellis("member", "role", "owner@localhost", "owner")
    seen = trellis("connection", "list", "--json", TRELLIS_API_KEY=key).json

    assert limited.out == "Limited sample: from admin up, told to public at most\n"
    assert (told["least"], told["audience"]) == ("admin", "alone")
    assert "from admin up, told to alone" in listed.out
    assert (nothing.code, nothing.out) == (2, "")
    assert [each["name"] for each in seen] == ["sample"]
