"""Sealing, signing, and where the keys come from."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.secrets import SealBroken, Vault, key_file, keys_of
from core.secrets.keys import add_key

HOUSE = Path(__file__).parents[3]
PASSWORD = SecretStr("postgresql://reader:pässwörd@db/shop")


def test_what_is_sealed_comes_back_and_cannot_be_read() -> None:
    vault = Vault(["k"])

    sealed = vault.seal(PASSWORD)

    assert "pässwörd" not in sealed
    assert vault.open(sealed) == PASSWORD
    assert vault.seal(PASSWORD) != sealed


def test_another_key_opens_nothing_and_says_which_setting_is_wrong() -> None:
    sealed = Vault(["k"]).seal(PASSWORD)

    with pytest.raises(SealBroken, match="TRELLIS_SECRET_KEY"):
        Vault(["other"]).open(sealed)
    with pytest.raises(SealBroken):
        Vault(["k"]).open(sealed[:-4])
    with pytest.raises(SealBroken):
        Vault(["k"]).open("")


def test_a_rotated_key_still_opens_and_reseals_under_the_new_one() -> None:
    sealed = Vault(["old"]).seal(PASSWORD)
    both = Vault(["new", "old"])

    resealed = both.reseal(sealed)

    assert Vault(["new"]).open(resealed) == PASSWORD
    with pytest.raises(SealBroken):
        Vault(["old"]).open(resealed)


def test_no_key_is_no_vault() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        Vault([])


def test_a_home_gets_one_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    first = keys_of("", tmp_path)

    assert keys_of("", tmp_path) == first
    assert len(first) == 1
    assert stat.S_IMODE(key_file(tmp_path).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from core.secrets import keys_of; "
        f"print(keys_of('', Path({str(tmp_path)!r})))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script], cwd=HOUSE, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    said = {process.communicate(timeout=60)[0] for process in processes}

    assert said == {f"{keys_of('', tmp_path)}\n".encode()}


def test_settings_name_the_keys_newest_first(tmp_path: Path) -> None:
    assert keys_of(" new , old ", tmp_path) == ("new", "old")
    assert not key_file(tmp_path).exists()


def test_a_new_key_goes_before_the_old_one(tmp_path: Path) -> None:
    (old,) = keys_of("", tmp_path)

    add_key(tmp_path)

    new, kept = keys_of("", tmp_path)
    assert kept == old
    assert new != old
    assert stat.S_IMODE(key_file(tmp_path).stat().st_mode) == 0o600


def test_a_text_is_known_again_by_whoever_has_one_of_the_keys() -> None:
    old, new, both = Vault(["old"]), Vault(["new"]), Vault(["new", "old"])

    assert both.marks("7K3MQ01X") == (*new.marks("7K3MQ01X"), *old.marks("7K3MQ01X"))
    assert set(old.marks("a")).isdisjoint(old.marks("b") + new.marks("a"))
    assert "a" * 8 not in old.marks("a" * 8)[0]
