"""`trellis key` and `trellis member`."""

from tests.terminal import Home


def test_a_key_is_shown_once_listed_used_and_revoked(trellis: Home) -> None:
    made = trellis("key", "create", "laptop", "--json").json
    plain = trellis("key", "create", "other", "--expires-in-days", "7")
    listed = trellis("key", "list", "--json").json
    table = trellis("key", "list")
    used = trellis("member", "list", "--json", TRELLIS_API_KEY=made["key"])
    revoked = trellis("key", "revoke", "laptop")
    refused = trellis("member", "list", TRELLIS_API_KEY=made["key"])
    unknown = trellis("key", "revoke", "nothing")

    assert list(made) == ["id", "name", "prefix", "key"]
    assert made["key"].startswith(made["prefix"])
    assert plain.out.startswith("tr_")
    assert len(plain.out.split()) == 1
    assert [each["name"] for each in listed] == ["other", "laptop"]
    assert listed[0]["expires_at"] is not None
    assert made["key"] not in table.out
    assert used.code == 0
    assert revoked.out == f"Revoked laptop ({made['prefix']}…)\n"
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("TRELLIS_API_KEY opens nothing here")
    assert made["key"] not in refused.err
    assert unknown.err == "API key not found\n"


def test_members_join_and_change_their_role(trellis: Home) -> None:
    added = trellis("member", "add", "Vic@acme.test", "--role", "viewer", "--json").json
    again = trellis("member", "add", "vic@acme.test")
    changed = trellis("member", "role", "vic@acme.test", "analyst")
    wrong = trellis("member", "add", "nobody")
    last = trellis("member", "role", "owner@localhost", "viewer")
    listed = trellis("member", "list")

    assert (added["email"], added["name"], added["role"]) == ("vic@acme.test", "Vic", "viewer")
    assert again.err == "A member with that e-mail address exists.\n"
    assert changed.out == "Changed vic@acme.test: analyst\n"
    assert wrong.err == "Invalid email format\n"
    assert last.code == 1
    assert "vic@acme.test" in listed.out


def test_secrets_are_sealed_anew_and_go_on_opening(trellis: Home) -> None:
    key = trellis.folder / "secret.key"
    before = key.read_text().split()

    rotated = trellis("secret", "rotate")
    after = key.read_text().split()
    # Without the old key, what was sealed anew still opens.
    key.write_text(after[0] + "\n")
    tested = trellis("connection", "test", "sample")
    configured = trellis("secret", "rotate", TRELLIS_SECRET_KEY=f"new,{after[0]}")

    assert rotated.out.startswith("Sealed 1 address with the first key of ")
    assert after[1:] == before
    assert len(after) == 2
    assert key.stat().st_mode & 0o777 == 0o600
    assert tested.code == 0, tested
    assert configured.out.startswith("Sealed 1 address with the first key of TRELLIS_SECRET_KEY")
    assert trellis("connection", "test", "sample", TRELLIS_SECRET_KEY="new").code == 0
    assert trellis("connection", "test", "sample").err.startswith("A stored secret cannot be")
