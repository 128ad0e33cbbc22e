"""The verbs of grants."""

import re
from datetime import timedelta

import orjson
from pydantic import SecretStr

from core.audit import Audit
from core.db import Database, Transaction
from core.errors import Limited, NotFound
from core.grants.errors import (
    ClientRefused,
    CodeInvalid,
    GrantInvalid,
    GrantNotFound,
    RefreshInvalid,
    RequestStale,
)
from core.grants.records import Asked, Client, ClientDraft, Code, Grant, Method, Pair, Refresh
from core.grants.store import ClientStore, GrantStore, Held
from core.grants.tokens import (
    ACCESS,
    ACCESS_LIFE,
    CODE,
    CODE_LIFE,
    REFRESH,
    REFRESH_LIFE,
    digest,
    new_secret,
)
from core.identity import Actor, Identity, Permission, Role, Surface
from core.ids import new_id, now
from core.memo import Memo
from core.secrets import SealBroken, Vault

CLIENTS = 10_000
"""Programs that may be registered at once; strangers can register, so there is an end to it."""
IDLE = timedelta(days=7)
"""How long a program that nobody let in stays registered."""
DECIDING = timedelta(minutes=10)
"""How long a member has to sign in and decide."""
KEPT = timedelta(days=1)
"""How long a used or expired secret is remembered, to notice whoever comes with it again."""
KNOWN_FOR = 5.0
"""Seconds for which an access token is not looked up again; a revoked one dies within them."""
SHAPE = re.compile(r"tr[acr]_[A-Za-z0-9_-]{40,50}")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class Grants:
    """Lets other programs act on behalf of members who agreed to it."""

    def __init__(self, db: Database, vault: Vault, identity: Identity, audit: Audit) -> None:
        """Keep grants in *db*; *vault* seals the secrets of clients."""
        self._db = db
        self._vault = vault
        self._identity = identity
        self._audit = audit
        self._tokens: Memo[str, tuple[Held, Actor]] = Memo(size=10_000, seconds=KNOWN_FOR)

    # Before there is an actor: what programs do

    async def register(self, draft: ClientDraft) -> tuple[Client, SecretStr | None]:
        """Remember a program, and return its secret for the only time, if it wants one.

        Raises:
            ClientRefused: a redirect address is one that somebody else could read.
            Limited: too many programs are registered.
        """
        draft.check()
        client = Client(id=new_id(), created_at=now(), **draft.model_dump())
        secret = None if draft.method is Method.NONE else SecretStr(new_secret(""))
        sealed = None if secret is None else self._vault.seal(secret)
        async with self._db.transaction() as tx:
            await ClientStore(tx).forget_idle(now() - IDLE)
            if await ClientStore(tx).count() >= CLIENTS:
                raise Limited("Too many programs are registered here; try again in some days.")
            await ClientStore(tx).add(client, sealed)
        return client, secret

    async def find_client(self, client_id: str) -> Client | None:
        """Return the program of this id."""
        async with self._db.reading() as tx:
            found = await ClientStore(tx).find(client_id)
        return found and found[0]

    async def client_secret(self, client_id: str) -> SecretStr | None:
        """Return what the program must prove to know; None if it has no secret, or there is none.

        Raises:
            SealBroken: the secret was sealed with a key that we no longer have.
        """
        async with self._db.reading() as tx:
            found = await ClientStore(tx).find(client_id)
        return None if found is None or found[1] is None else self._vault.open(found[1])

    def pend(self, asked: Asked) -> str:
        """Return what a program asks, sealed, to travel with the member who is to decide."""
        until = (now() + DECIDING).timestamp()
        return self._vault.seal(SecretStr(orjson.dumps([until, asked.model_dump()]).decode()))

    def pending(self, sealed: str) -> Asked:
        """Return what was asked.

        Raises:
            RequestStale: this is nothing that we sealed, or it is too old.
        """
        try:
            until, asked = orjson.loads(self._vault.open(sealed).get_secret_value())
            if until > now().timestamp():
                return Asked.model_validate(asked)
        except (SealBroken, ValueError, TypeError):
            pass  # as stale as one that has expired
        raise RequestStale

    async def find_code(self, code: str, client_id: str) -> Code | None:
        """Return the unused code that this program was given.

        A code that was used before is a theft or a fault: whatever it was exchanged for ends.
        """
        async with self._db.transaction() as tx:
            found = await GrantStore(tx).find_code(digest(code)) if _ours(code, CODE) else None
            if found is None or found[0].grant.client_id != client_id:
                return None
            held, asked = found
            if held.used:
                await self._end(tx, held.grant, "grant.code_reused")
            if held.used or not _alive(held):
                return None
        return Code(
            grant_id=held.grant.id,
            organization_id=held.grant.organization_id,
            member_id=held.grant.member_id,
            asked=asked,
            expires_at=held.expires_at,
        )

    async def redeem(self, code: str, client_id: str) -> Pair:
        """Exchange a code for the first tokens; whoever asks has proven to know the verifier.

        Raises:
            CodeInvalid: it is not this program's, used or expired.
        """
        async with self._db.transaction() as tx:
            found = await GrantStore(tx).find_code(digest(code)) if _ours(code, CODE) else None
            if found is not None and found[0].grant.client_id == client_id and _alive(found[0]):
                grant = found[0].grant
                if await GrantStore(tx).use_code(grant.organization_id, digest(code), now()):
                    return await self._issue(tx, grant, grant.scopes)
                await self._end(tx, grant, "grant.code_reused")
        raise CodeInvalid

    async def find_refresh(self, token: str, client_id: str) -> Refresh | None:
        """Return the unused refresh token that this program was given.

        One that was used before is in two hands: the whole grant ends.
        """
        async with self._db.transaction() as tx:
            held = await GrantStore(tx).find_token(digest(token)) if _ours(token, REFRESH) else None
            if held is None or held.grant.client_id != client_id:
                return None
            if held.used:
                await self._end(tx, held.grant, "grant.refresh_reused")
            if held.used or not _alive(held):
                return None
        return Refresh(
            grant_id=held.grant.id,
            organization_id=held.grant.organization_id,
            member_id=held.grant.member_id,
            client_id=held.grant.client_id,
            scopes=held.grant.scopes,
            resource=held.grant.resource,
            expires_at=held.expires_at,
        )

    async def refresh(self, token: str, client_id: str, scopes: tuple[str, ...]) -> Pair:
        """Exchange a refresh token for a new pair; the old one opens nothing more.

        Raises:
            RefreshInvalid: it is not this program's, used or expired.
        """
        async with self._db.transaction() as tx:
            held = await GrantStore(tx).find_token(digest(token)) if _ours(token, REFRESH) else None
            if held is not None and held.grant.client_id == client_id and _alive(held):
                grant = held.grant
                if await GrantStore(tx).use_token(grant.organization_id, digest(token), now()):
                    return await self._issue(tx, grant, scopes)
                await self._end(tx, grant, "grant.refresh_reused")
        raise RefreshInvalid

    async def by_token(self, token: str, surface: Surface) -> Actor:
        """Return the member on whose behalf an access token speaks.

        Raises:
            GrantInvalid: it is none, or expired, revoked, or its member is gone.
        """
        if not _ours(token, ACCESS):
            raise GrantInvalid
        held, actor = await self._tokens.get(digest(token), lambda: self._look_up(token))
        if held.expires_at <= now():
            raise GrantInvalid
        return actor if actor.surface is surface else actor.model_copy(update={"surface": surface})

    async def forgo(self, token: str, client_id: str) -> None:
        """End the grant of an access or refresh token, when its own program gives it back."""
        async with self._db.transaction() as tx:
            held = await GrantStore(tx).find_token(digest(token))
            if held is not None and held.grant.client_id == client_id:
                await self._end(tx, held.grant, "grant.returned")

    # On behalf of an actor

    async def approve(self, actor: Actor, asked: Asked) -> SecretStr:
        """Let a program act as the actor, and return the code it is to be sent, once.

        Raises:
            ClientRefused: there is no such program, or it did not bring a proper challenge.
        """
        if not CHALLENGE.fullmatch(asked.challenge):
            raise ClientRefused("The program must send a code_challenge made with S256 (PKCE).")
        client = await self.find_client(asked.client_id)
        if client is None:
            raise ClientRefused("There is no such program; let it register again.")
        code = new_secret(CODE)
        grant = Grant(
            id=new_id(),
            organization_id=actor.organization_id,
            member_id=actor.member_id,
            client_id=client.id,
            client_name=client.shown,
            scopes=asked.scopes,
            resource=asked.resource,
            created_at=now(),
            revoked_at=None,
        )
        async with self._db.transaction() as tx:
            await GrantStore(tx).forget_expired(actor.organization_id, now() - KEPT)
            await GrantStore(tx).add(actor.organization_id, grant)
            await GrantStore(tx).add_code(
                actor.organization_id, digest(code), grant.id, asked, until=now() + CODE_LIFE
            )
            await self._audit.record(tx, actor, "grant.created", grant.id)
        return SecretStr(code)

    async def reseal(self, actor: Actor) -> int:
        """Seal every program's secret with the newest key; return how many there are.

        Raises:
            SealBroken: one was sealed with a key that is no longer there.
        """
        actor.require(Permission.CONNECTIONS_WRITE)
        async with self._db.transaction() as tx:
            sealed = await ClientStore(tx).sealed()
            for client_id, secret in sealed.items():
                await ClientStore(tx).reseal(client_id, self._vault.reseal(secret))
        return len(sealed)

    async def list(self, actor: Actor) -> tuple[Grant, ...]:
        """Return what the actor granted; whoever manages members sees everybody's."""
        async with self._db.reading() as tx:
            every = await GrantStore(tx).list(actor.organization_id)
        everybody = actor.may(Permission.MEMBERS_WRITE)
        return tuple(grant for grant in every if everybody or grant.member_id == actor.member_id)

    async def revoke(self, actor: Actor, grant_id: str) -> None:
        """Take back what was granted.

        Raises:
            GrantNotFound: there is none that the actor may take back.
        """
        if grant_id not in {grant.id for grant in await self.list(actor)}:
            raise GrantNotFound
        async with self._db.transaction() as tx:
            await GrantStore(tx).revoke(actor.organization_id, grant_id, now())
            await self._audit.record(tx, actor, "grant.revoked", grant_id)
        self._tokens.forget()

    # Inside

    async def _look_up(self, token: str) -> tuple[Held, Actor]:
        async with self._db.reading() as tx:
            held = await GrantStore(tx).find_token(digest(token))
        if held is None or not _alive(held):
            raise GrantInvalid
        try:
            member = await self._identity.me(_actor(held.grant))
        except NotFound:
            raise GrantInvalid from None
        return held, Actor.of(member, Surface.MCP, bucket=held.grant.id)

    async def _issue(self, tx: Transaction, grant: Grant, scopes: tuple[str, ...]) -> Pair:
        access, refresh = new_secret(ACCESS), new_secret(REFRESH)
        for secret, life in ((access, ACCESS_LIFE), (refresh, REFRESH_LIFE)):
            await GrantStore(tx).add_token(
                grant.organization_id, digest(secret), grant.id, until=now() + life
            )
        return Pair(
            access=SecretStr(access),
            refresh=SecretStr(refresh),
            seconds=int(ACCESS_LIFE.total_seconds()),
            scopes=scopes,
        )

    async def _end(self, tx: Transaction, grant: Grant, verb: str) -> None:
        if await GrantStore(tx).revoke(grant.organization_id, grant.id, now()):
            await self._audit.record(tx, _actor(grant), verb, grant.id)
        self._tokens.forget()


def _ours(secret: str, mark: str) -> bool:
    return secret.startswith(mark) and SHAPE.fullmatch(secret) is not None


def _alive(held: Held) -> bool:
    return held.grant.revoked_at is None and held.expires_at > now()


def _actor(grant: Grant) -> Actor:
    """Return the grant's member with the fewest rights, for looking up and for the audit trail."""
    return Actor(
        organization_id=grant.organization_id,
        member_id=grant.member_id,
        name="",
        role=Role.VIEWER,
        surface=Surface.MCP,
        bucket=grant.id,
    )
