"""How each vendor's models are reached; the library is imported when one is first asked."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import SecretStr

from core.models.provider import Mind
from core.models.records import Model

if TYPE_CHECKING:
    from pydantic_ai.models import Model as Keeper

    from core.models.providers.patient import Patient

OPENAI = "https://api.openai.com/v1"
ANTHROPIC = "https://api.anthropic.com"
GOOGLE = "https://generativelanguage.googleapis.com"
OLLAMA_PORT = 11434
NO_KEY = "none"
"""Sent where a server of one's own wants no key: the libraries send nothing without one."""
NAME = re.compile(r"(?!.*\.\.)[\w@][\w.:/@+-]{0,199}", re.ASCII)
"""What the name of a model may be: it becomes a part of Google's path."""


class Vendor(NamedTuple):
    """Whose models can be asked, as the settings have it."""

    name: str
    """As it stands in an id, before the colon."""
    title: str
    default: str
    """The model that is asked when none is named."""
    key: SecretStr | None
    url: str
    make: Callable[["Vendor", str, str, "Patient"], "Keeper"]
    """From the prefix and the name in an id."""

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Return what may stand before the colon."""
        # The library tells OpenAI's two protocols apart by these.
        return (
            ("openai", "openai-chat", "openai-responses") if self.name == "openai" else (self.name,)
        )

    @property
    def is_elsewhere(self) -> bool:
        """Return whether somebody else than the vendor answers, who may have none of its models."""
        if self.name == "openai":
            return not _is_openai(self.url)
        theirs = {"anthropic": ANTHROPIC, "google": GOOGLE}.get(self.name)
        return theirs is not None and urlsplit(self.url).hostname != urlsplit(theirs).hostname

    @property
    def secret(self) -> str:
        """Return the key in the clear."""
        return (self.key and self.key.get_secret_value().strip()) or NO_KEY


def openai(key: SecretStr | None, url: str | None) -> Vendor:
    """Return OpenAI, or whoever speaks like it at *url*."""
    own = url.rstrip("/") if url else OPENAI
    host = urlsplit(own).hostname or own
    title = "OpenAI" if _is_openai(own) else host
    return Vendor("openai", title, "gpt-6.1-sol", key, own, _openai)


def anthropic(key: SecretStr, url: str | None) -> Vendor:
    """Return Anthropic, or whoever speaks like it at *url*."""
    # The library adds the version itself; people write the URL either way.
    own = (url or ANTHROPIC).rstrip("/").removesuffix("/v1")
    return Vendor("anthropic", "Anthropic", "claude-sonnet-5-5", key, own, _anthropic)


def google(key: SecretStr, url: str | None) -> Vendor:
    """Return Google, or whoever speaks like it at *url*."""
    own = (url or GOOGLE).rstrip("/").removesuffix("/v1beta")
    return Vendor("google", "Google", "gemini-3.8-flash", key, own, _google)


def ollama(host: str) -> Vendor:
    """Return the Ollama at *host*: a URL, or a host with or without a port, as Ollama has it."""
    url = urlsplit(host if "://" in host else f"http://{host}")
    # What Ollama listens on is no address to call.
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(url.hostname or "", url.hostname)  # noqa: S104
    name = f"[{name}]" if name and ":" in name else name or "127.0.0.1"
    port = url.port or {"https": 443}.get(url.scheme, OLLAMA_PORT)
    path = url.path.rstrip("/").removesuffix("/v1")
    own = f"{url.scheme}://{name}:{port}{path}/v1"
    return Vendor("ollama", "Ollama", "qwen3", None, own, _ollama)


def library(prefix: str) -> Vendor:
    """Return any other vendor that the library knows; its key is in the library's own variable.

    Raises:
        Unusable: the library knows no such vendor, or cannot reach it as things are.
    """
    from pydantic_ai.exceptions import UserError  # noqa: PLC0415 - only who asks for it, pays
    from pydantic_ai.providers import infer_provider_class  # noqa: PLC0415

    try:
        made = infer_provider_class(prefix)()
    except ValueError:
        raise Unusable(
            "which names no provider of models; write it as `openai:…`, `anthropic:…`, "
            "`google:…` or `ollama:…`."
        ) from None
    except ImportError:
        raise Unusable(f"but what {prefix!r} needs is not installed here.") from None
    except (UserError, TypeError) as error:
        raise Unusable(f"but it cannot be reached: {' '.join(str(error).split())[:300]}") from None
    return Vendor(prefix, prefix, "", None, str(made.base_url), _inferred)


class Unusable(Exception):
    """Why a vendor cannot be asked, to follow a comma."""


def ready(vendor: Vendor, model: Model, client: "Patient", silence: float) -> Mind:
    """Return *model*, ready to be asked."""
    prefix, _, name = model.id.partition(":")
    keeper = vendor.make(vendor, prefix, name, client)
    return Mind(model, keeper, settings(vendor, prefix, silence))


def settings(vendor: Vendor, prefix: str, silence: float) -> Any:
    """Return how a vendor's models are asked."""
    from pydantic_ai.models.openai import OpenAIResponsesModelSettings  # noqa: PLC0415 - as above

    asked = OpenAIResponsesModelSettings(
        first_event_timeout=silence,  # tries and pauses included
        max_retries=0,  # the client asks again, in one way for all vendors
    )
    if vendor.name == "anthropic":
        # The steps of one answer share what they begin with; others keep that by themselves.
        asked["cache"] = True
    if vendor.name == "openai" and (prefix == "openai-responses" or _is_openai(vendor.url)):
        # By this protocol every answer is kept for a month unless somebody says no. Servers that
        # only speak like OpenAI may know no such word, and refuse it.
        asked["openai_store"] = False
    return asked


def _openai(vendor: Vendor, prefix: str, name: str, client: "Patient") -> "Keeper":
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel  # noqa: PLC0415
    from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

    provider = OpenAIProvider(vendor.url, vendor.secret, http_client=client)
    # OpenAI itself is at its best by its newer protocol; others speak the older one.
    newer = _is_openai(vendor.url) if prefix == "openai" else prefix == "openai-responses"
    kind = OpenAIResponsesModel if newer else OpenAIChatModel
    return kind(name, provider=provider)


def _anthropic(vendor: Vendor, _prefix: str, name: str, client: "Patient") -> "Keeper":
    from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415
    from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

    provider = AnthropicProvider(api_key=vendor.secret, base_url=vendor.url, http_client=client)
    return AnthropicModel(name, provider=provider)


def _google(vendor: Vendor, _prefix: str, name: str, client: "Patient") -> "Keeper":
    from pydantic_ai.models.google import GoogleModel  # noqa: PLC0415
    from pydantic_ai.providers.google import GoogleProvider  # noqa: PLC0415

    provider = GoogleProvider(api_key=vendor.secret, base_url=vendor.url, http_client=client)
    return GoogleModel(name, provider=provider)


def _ollama(vendor: Vendor, _prefix: str, name: str, client: "Patient") -> "Keeper":
    from pydantic_ai.models.ollama import OllamaModel  # noqa: PLC0415
    from pydantic_ai.providers.ollama import OllamaProvider  # noqa: PLC0415

    provider = OllamaProvider(vendor.url, vendor.secret, http_client=client)
    return OllamaModel(name, provider=provider)


def _inferred(_vendor: Vendor, prefix: str, name: str, client: "Patient") -> "Keeper":
    from inspect import signature  # noqa: PLC0415

    from pydantic_ai.models import infer_model  # noqa: PLC0415
    from pydantic_ai.providers import Provider, infer_provider_class  # noqa: PLC0415

    def make(prefix: str) -> Provider[Any]:
        kind: Any = infer_provider_class(prefix)
        ours = "http_client" in signature(kind).parameters
        made: Provider[Any] = kind(http_client=client) if ours else kind()
        return made

    return infer_model(f"{prefix}:{name}", make)


def _is_openai(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "api.openai.com" or host.endswith(".api.openai.com")
