"""Questions on Discord: in threads, in direct messages, by commands."""

from tests.bot.discord.town import Town


async def test_a_mention_is_answered_in_a_thread_of_its_own(town: Town) -> None:
    asked = await town.platform.mention(town.ada, town.sales, "monthly revenue for 2025")

    answer = await town.in_thread(asked)

    assert "951,522.25" in answer.content
    print(answer.content, answer.embeds, [f.name for f in answer.files], answer.components)
