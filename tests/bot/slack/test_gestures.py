"""Every gesture of the contract, once, by bolt's own client before the stand-in."""

from tests.bot.slack.room import Room


async def test_a_mention_is_answered_in_its_thread_with_a_table_a_chart_and_buttons(
    room: Room,
) -> None:
    asked = await room.slack.mention(room.ada, room.sales, "monthly revenue for 2025")

    answer = await room.pressable(asked)

    assert answer.thread == asked.ts
    assert answer.table[0][0]
    print(answer.blocks)
    assert not room.slack.violations
