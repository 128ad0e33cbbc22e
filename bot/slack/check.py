"""Whether Slack would let us in, asked without hearing anything."""

from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.looked import Looked
from bot.slack.app import Keys
from bot.slack.scopes import EXTRA, SCOPES
from bot.slack.teams import SLACK

PATIENCE = ClientTimeout(total=10)
BOT_TOKEN = "Set SLACK_BOT_TOKEN to the Bot User OAuth Token of the app."  # noqa: S105
APP_TOKEN = "Set SLACK_APP_TOKEN to an app-level token with connections:write."  # noqa: S105
WAY_IN = "Set SLACK_APP_TOKEN (sockets), or SLACK_SIGNING_SECRET (HTTP)."
WAY_OUT = "Set SLACK_BOT_TOKEN (one workspace), or SLACK_CLIENT_ID and SLACK_CLIENT_SECRET."
ADDRESS = "Set TRELLIS_PUBLIC_URL to the https address of this server."
AWAY = "See SLACK_API_URL, and whether this machine reaches Slack."
REINSTALL = "Paste bot/slack/manifest.yaml into the app's manifest, and install it again."


async def look(keys: Keys, url: str) -> list[Looked]:
    """Return how it is; nothing where no setting of Slack's is there.

    Args:
        keys: what Slack gave the app.
        url: how others reach this server.
    """
    if not any((keys.bot_token, keys.app_token, keys.signing_secret, keys.client_id)):
        return []
    found: list[Looked] = []
    async with ClientSession(timeout=PATIENCE) as session:
        if keys.bot_token is not None:
            client = _client(keys, session, keys.bot_token.get_secret_value())
            found += await _bot(client, keys.bot_token.get_secret_value())
        if keys.app_token is not None:
            found.append(await _app(_client(keys, session), keys.app_token.get_secret_value()))
    if keys.app_token is None and keys.signing_secret is None:
        found.append(Looked("slack socket", fine=False, said="it hears nothing", fix=WAY_IN))
    if keys.bot_token is None and not keys.installs:
        found.append(Looked("slack", fine=False, said="it cannot speak", fix=WAY_OUT))
    if keys.installs and not url.startswith("https://"):
        found.append(Looked("slack install", fine=False, said="no https address", fix=ADDRESS))
    return found


async def _bot(client: AsyncWebClient, token: str) -> list[Looked]:
    if not token.startswith("xoxb-"):
        said = "SLACK_BOT_TOKEN does not begin with xoxb-"
        return [Looked("slack", fine=False, said=said, fix=BOT_TOKEN)]
    try:
        answer = await client.auth_test()
    except SlackApiError as error:
        return [Looked("slack", fine=False, said=f"Slack says {_code(error)}", fix=BOT_TOKEN)]
    except (ClientError, OSError, TimeoutError, SlackClientError) as error:
        said = f"Slack does not answer ({type(error).__name__})"
        return [Looked("slack", fine=False, said=said, fix=AWAY)]
    found = [Looked("slack", fine=True, said=f"{answer.get('team')}, as {answer.get('user')}")]
    granted = {each.strip() for each in _header(answer, "x-oauth-scopes").split(",")}
    missing = [each for each in SCOPES if each not in granted]
    if granted - {""} and missing:
        said = f"scopes are missing: {', '.join(missing)}"
        grave = bool(set(missing) - EXTRA)
        found.append(Looked("slack scopes", fine=False, said=said, fix=REINSTALL, grave=grave))
    return found


async def _app(client: AsyncWebClient, token: str) -> Looked:
    if not token.startswith("xapp-"):
        said = "SLACK_APP_TOKEN does not begin with xapp-"
        return Looked("slack socket", fine=False, said=said, fix=APP_TOKEN)
    try:
        await client.apps_connections_open(app_token=token)
    except SlackApiError as error:
        said = f"Slack says {_code(error)}"
        return Looked("slack socket", fine=False, said=said, fix=APP_TOKEN)
    except (ClientError, OSError, TimeoutError, SlackClientError) as error:
        said = f"Slack does not answer ({type(error).__name__})"
        return Looked("slack socket", fine=False, said=said, fix=AWAY)
    return Looked("slack socket", fine=True, said="opens")


def _client(keys: Keys, session: ClientSession, token: str | None = None) -> AsyncWebClient:
    url = (keys.api_url or SLACK).rstrip("/") + "/"
    return AsyncWebClient(token=token, base_url=url, session=session, retry_handlers=[])


def _code(error: SlackApiError) -> str:
    data = getattr(error.response, "data", None)
    return str(data.get("error")) if isinstance(data, dict) else "nothing that makes sense"


def _header(answer: Any, name: str) -> str:
    headers = {str(key).lower(): str(value) for key, value in (answer.headers or {}).items()}
    return headers.get(name, "")
