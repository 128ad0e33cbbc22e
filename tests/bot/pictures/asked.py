"""What is asked for the pictures, and a model that answers at length."""

import json
from collections.abc import AsyncIterator

from pydantic import SecretStr
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from core.connections import ConnectionDraft
from tests.bot.models import offers
from tests.bot.stage import Stage
from tests.minds import Scripted

MONTHS = "monthly revenue for 2025"
ORDERS = "Which orders of December are large, and what do customers write about them?"
BLANK = "monthly revenue"
SQL = """
SELECT o.id AS order_id, o.ordered_at, c.name AS customer, c.email, y.local_name AS country,
    c.segment, h.name AS channel, o.status, o.shipping_fee, o.total, a.street, a.city, o.note
FROM orders o
JOIN customers c ON c.id = o.customer_id
JOIN countries y ON y.code = c.country_code
JOIN channels h ON h.id = o.channel_id
JOIN addresses a ON a.id = o.address_id
WHERE o.ordered_at >= '2025-12-01' AND o.ordered_at < '2026-01-01'
ORDER BY o.total DESC, o.id LIMIT 120
"""
SAID = """## Large orders in December

There are **120 orders** above the usual, most of them from *Business* customers [r1]. Three \
things stand out:

1. Ten customers make a third of it.
2. Shipping is free for nearly all of them:
   - above 100 €, as everywhere
   - for resellers, always
3. Two were returned. 🎁📦

What they write, as they wrote it:

> 日本語のお客様: 「配送がとても早くて助かりました。また注文します。」
> مرحبا، وصل الطلب في الموعد، شكرًا جزيلاً!
> שלום, ההזמנה הגיעה בזמן.

To see the same for another month, change `ordered_at`:

```sql
SELECT o.id, c.name, o.total
FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE o.ordered_at >= '2025-11-01' AND o.ordered_at < '2025-12-01'
ORDER BY o.total DESC
```

| segment | orders | share |
|---|---:|---:|
| Business | 71 | 59 % |
| Reseller | 38 | 32 % |
| Consumer | 11 | 9 % |

Somebody wrote `@everyone` and @here into a note, and <b>more</b>: it is only text.
"""


def at_length() -> Scripted:
    """Return a model that asks, shows what came as a table, and says much about it."""
    steps = (
        ("run_sql", {"connection": "sample", "sql": SQL}),
        ("show_table", {"result": "r1", "title": "Large orders, December 2025"}),
    )

    async def answers(
        messages: list[ModelMessage], _info: AgentInfo
    ) -> AsyncIterator[str | DeltaToolCalls]:
        taken = sum(isinstance(each, ModelResponse) for each in messages)
        if taken < len(steps):
            tool, given = steps[taken]
            yield {0: DeltaToolCall(tool, json.dumps(given), tool_call_id=f"call-{taken}")}
            return
        for line in SAID.splitlines(keepends=True):
            yield line

    return Scripted(FunctionModel(offers, stream_function=answers))


async def add_connection(stage: Stage, name: str) -> None:
    """Let there be another connection, of the same data."""
    path = (await stage.core.connections.get(stage.ada, "sample")).address
    url = SecretStr(f"sqlite:///{path}")
    await stage.core.connections.add(stage.ada, ConnectionDraft(name=name, url=url))
