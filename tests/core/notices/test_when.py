"""When something is repeated, in words and in cron."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.notices import NoticedTooOften, WhenUnclear, ZoneUnknown, read_when
from core.notices.cron import read_cron
from core.notices.when import said

SAID = [
    ("every Monday 9:00", "0 9 * * 1", "every Monday at 09:00"),
    ("Every  MONDAY at 9am", "0 9 * * 1", "every Monday at 09:00"),
    ("every monday 9", "0 9 * * 1", "every Monday at 09:00"),
    ("monday", "0 9 * * 1", "every Monday at 09:00"),
    ("Monday @ 9:00", "0 9 * * 1", "every Monday at 09:00"),
    ("weekly on friday at 4pm", "0 16 * * 5", "every Friday at 16:00"),
    ("every weekday at 8:30", "30 8 * * 1,2,3,4,5", "every weekday at 08:30"),
    ("mon-fri 9:00", "0 9 * * 1,2,3,4,5", "every weekday at 09:00"),
    ("Monday to Friday at 18:00", "0 18 * * 1,2,3,4,5", "every weekday at 18:00"),
    ("fri-sun 10:00", "0 10 * * 0,5,6", "every Friday, Saturday and Sunday at 10:00"),
    ("weekends at noon", "0 12 * * 0,6", "every Saturday and Sunday at 12:00"),
    ("daily 9am", "0 9 * * *", "every day at 09:00"),
    ("every day at 17:00", "0 17 * * *", "every day at 17:00"),
    ("every day at 12am", "0 0 * * *", "every day at 00:00"),
    ("every day at midnight", "0 0 * * *", "every day at 00:00"),
    ("daily 9:00 and 17:00", "0 9,17 * * *", "every day at 09:00 and 17:00"),
    ("every month on the 1st at 7:00", "0 7 1 * *", "on the 1st of every month at 07:00"),
    ("monthly", "0 9 1 * *", "on the 1st of every month at 09:00"),
    ("every month at 9", "0 9 1 * *", "on the 1st of every month at 09:00"),
    (
        "on the 2nd, 13th and 23rd of every month at 9:00",
        "0 9 2,13,23 * *",
        "on the 2nd, 13th and 23rd of every month at 09:00",
    ),
    ("every hour", "0 * * * *", "every hour"),
    ("hourly", "0 * * * *", "every hour"),
    ("every 2 hours", "0 */2 * * *", "every 2 hours"),
    ("every 15 minutes", "*/15 * * * *", "every 15 minutes"),
    ("mondays and thursdays 9:00", "0 9 * * 1,4", "every Monday and Thursday at 09:00"),
    (
        "every tue, thu & sat 7.30",
        "30 7 * * 2,4,6",
        "every Tuesday, Thursday and Saturday at 07:30",
    ),
    ("jeden Montag um 9 Uhr", "0 9 * * 1", "every Monday at 09:00"),
    (
        "montags bis mittwochs 9.30 Uhr",
        "30 9 * * 1,2,3",
        "every Monday, Tuesday and Wednesday at 09:30",
    ),
    ("werktags um 8", "0 8 * * 1,2,3,4,5", "every weekday at 08:00"),
    ("täglich um 9", "0 9 * * *", "every day at 09:00"),
    ("tous les lundis à 9h", "0 9 * * 1", "every Monday at 09:00"),
    ("chaque jeudi 17h30", "30 17 * * 4", "every Thursday at 17:30"),
    ("0 9 * * 1", "0 9 * * 1", "every Monday at 09:00"),
    ("0 9 * * MON-FRI", "0 9 * * mon-fri", "every weekday at 09:00"),
    ("5 4 1 jan *", "5 4 1 jan *", "at 5 4 1 jan *"),
    ("30 */6 * * sun", "30 */6 * * sun", "every Sunday at 00:30, 06:30, 12:30 and 18:30"),
]


@pytest.mark.parametrize(("text", "cron", "words"), SAID, ids=[each[0] for each in SAID])
def test_words_say_when(text: str, cron: str, words: str) -> None:
    found = read_when(text, "UTC")

    assert (found.cron, found.said) == (cron, words)


@pytest.mark.parametrize(("_text", "cron", "words"), SAID, ids=[each[0] for each in SAID])
def test_what_is_said_of_it_means_the_same(_text: str, cron: str, words: str) -> None:
    if not words.startswith("at "):
        again = read_when(words, "UTC").cron
        assert read_cron(again)[:5] == read_cron(cron)[:5]


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "whenever", "9:00", "at noon", "tomorrow at 9", "every day at 25:00"),
        *("every day at 13pm", "every second monday", "every 2 weeks on monday", "every 3 days"),
        *("every 7 minutes", "every 5 hours", "every year", "every month on the 32nd"),
        *("daily 9:00 and 17:30", "every day except sunday", "monday to", "to monday"),
        *("every month on the last day", "毎週月曜日 9:00", "🗓️", "<!channel> every day 9:00"),
        *("0 9 30 2 *", "0 9 * *", "0 9 * * 8", "61 9 * * *", "0 9 * * * *", "*-3 9 * * *"),
        *("0 9 * * mon-", "0 9 5-1 * *", "*/0 9 * * *", "0 9 * foo *", "x" * 300, "0 9 * * 1;"),
    ],
)
def test_what_is_not_understood_is_refused_with_examples(text: str) -> None:
    with pytest.raises(WhenUnclear) as refused:
        read_when(text, "UTC")

    assert "every Monday 9:00" in refused.value.message
    assert len(refused.value.message) < 400


@pytest.mark.parametrize(
    "text",
    ["every minute", "every 2 minutes", "* * * * *", "0,3 9 * * *", "*/4 * * * *"],
)
def test_nothing_comes_more_often_than_every_five_minutes(text: str) -> None:
    with pytest.raises(NoticedTooOften):
        read_when(text, "UTC")


def test_two_times_around_midnight_are_close_to_each_other() -> None:
    assert read_cron("59 23 * * *").closest == 24 * 60
    assert read_cron("0,58 23,0 * * *").closest == 2


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("every day 9:00", "America/New_York"),
        ("every day 9:00 Europe/Berlin", "Europe/Berlin"),
        ("every day 9:00 in europe/berlin", "Europe/Berlin"),
        ("every day at 9 UTC", "UTC"),
        ("0 9 * * 1 Asia/Tokyo", "Asia/Tokyo"),
        ("every day 9:00 (America/Argentina/Buenos_Aires)", "America/Argentina/Buenos_Aires"),
    ],
)
def test_a_time_zone_that_is_named_counts_more_than_the_speakers(text: str, zone: str) -> None:
    assert read_when(text, "america/new_york").zone == zone


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("every day 9:00 Mars/Phobos", "UTC"),
        ("every day 9:00", "Mars/Phobos"),
        ("every day 9:00", "../../etc/passwd"),
        ("every day 9:00", ""),
    ],
)
def test_a_zone_that_does_not_exist_is_refused(text: str, zone: str) -> None:
    with pytest.raises(ZoneUnknown):
        read_when(text, zone)


@given(st.text(alphabet=st.sampled_from("every monday 9:0/*,-15at zürich"), max_size=40))
def test_whatever_is_said_is_understood_or_refused(text: str) -> None:
    try:
        found = read_when(text, "UTC")
    except Invalid:
        return
    assert read_cron(found.cron).closest >= 5
    assert said(found.cron) == found.said
