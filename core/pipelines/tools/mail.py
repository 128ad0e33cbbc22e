"""Letters by mail: through the server that the operator has named."""

import re
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from anyio import to_thread
from pydantic import SecretStr
from typing_extensions import override

from core.identity import Actor
from core.pipelines.courier import Courier, Letter
from core.pipelines.errors import InputInvalid
from core.pipelines.tools.errors import MailFailed, SettingMissing

ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9\-.]{1,253}")
RECIPIENTS = 20
SECONDS = 30.0
PORTS = {"smtp": 587, "smtps": 465}


class Server(NamedTuple):
    """Where mail is handed in."""

    host: str
    port: int
    secure: bool
    """Whether TLS comes first; elsewhere it is asked for, unless the server is this machine."""
    user: str
    password: str


class Mail(Courier):
    """Carries letters by mail."""

    def __init__(
        self,
        url: SecretStr | None,
        sender: str = "",
        *,
        domains: Sequence[str] = (),
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Hand mail in at a server.

        Args:
            url: `smtp://user:password@host:587`, or `smtps://…`; None where there is none.
            sender: who it is from.
            domains: where it may go; anywhere if there is none.
            context: which certificates are trusted; those of the system by default.
        """
        self._url = url
        self._sender = sender
        self._domains = frozenset(domain.lower().lstrip("@") for domain in domains)
        self._context = context

    @override
    async def carry(self, actor: Actor, letter: Letter) -> str:
        if self._url is None or not self._sender:
            raise SettingMissing(
                "Mail is not set up: whoever runs Trellis sets TRELLIS_SMTP_URL and "
                "TRELLIS_SMTP_FROM."
            )
        recipients = self._recipients(letter.to)
        message = self._message(recipients, letter)
        server = _server(self._url.get_secret_value())
        try:
            await to_thread.run_sync(self._send, server, message, abandon_on_cancel=True)
        except (smtplib.SMTPException, OSError) as error:
            raise MailFailed(f"The mail server did not take it: {_told(error)}.") from error
        return ", ".join(recipients)

    def _recipients(self, to: str) -> list[str]:
        every = [each.strip() for each in re.split(r"[,;]", to) if each.strip()]
        if not every or len(every) > RECIPIENTS:
            raise InputInvalid(f"to: Give one to {RECIPIENTS} addresses of mail.")
        for each in every:
            if not ADDRESS.fullmatch(each):
                raise InputInvalid(f"to: {each[:100]!r} is no address of mail.")
            domain = each.rpartition("@")[2].lower()
            if self._domains and domain not in self._domains:
                raise InputInvalid(
                    f"to: Mail goes to {', '.join(sorted(self._domains))} alone; whoever runs "
                    "Trellis may add to TRELLIS_SMTP_DOMAINS."
                )
        return every

    def _message(self, recipients: Sequence[str], letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = ", ".join(recipients)
        message["Subject"] = " ".join(letter.title.split())[:200] or "A message of a pipeline"
        # The same letter has the same id: whoever gets it twice can see that.
        digest = sha256(f"{letter.key}\x00{letter.to}".encode()).hexdigest()[:32]
        domain = self._sender.rpartition("@")[2].strip("> ") or "trellis.invalid"
        message["Message-ID"] = f"<{digest}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text or " ")
        return message

    def _send(self, server: Server, message: EmailMessage) -> None:
        context = self._context or ssl.create_default_context()
        if server.secure:
            with smtplib.SMTP_SSL(
                server.host, server.port, timeout=SECONDS, context=context
            ) as line:
                _hand_in(line, server, message)
            return
        with smtplib.SMTP(server.host, server.port, timeout=SECONDS) as line:
            line.ehlo()
            if line.has_extn("starttls"):
                line.starttls(context=context)
                line.ehlo()
            elif server.password and server.host not in {"localhost", "127.0.0.1", "::1"}:
                raise smtplib.SMTPException("it takes a password only in the clear")
            _hand_in(line, server, message)


def _hand_in(line: smtplib.SMTP, server: Server, message: EmailMessage) -> None:
    if server.user:
        line.login(server.user, server.password)
    line.send_message(message)


def _server(url: str) -> Server:
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise SettingMissing(
            "TRELLIS_SMTP_URL should be like smtp://user:password@host:587."
        ) from None
    return Server(
        host=parts.hostname or "localhost",
        port=port,
        secure=parts.scheme == "smtps",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _told(error: BaseException) -> str:
    """Return what went wrong, without what a server says of a login."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "it does not know our name or password"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "it refuses the recipients"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered with {error.smtp_code}"
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
        return "it cannot be reached"
    return str(error)[:200]
