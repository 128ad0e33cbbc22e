"""Which addresses a pipeline may reach: those of the public web, and what the operator names."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import (
    IPv4Address,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a host."""

GLOBAL = IPv6Network("2000::/3")
"""Where the public addresses of IPv6 are."""
INSIDE = tuple(
    map(
        ip_network,
        (
            # Metadata of clouds at addresses that look public.
            "168.63.129.16/32",
            "100.100.100.200/32",
            "192.0.0.0/24",
            # They carry an address of IPv4 in some way or other, or are nobody's.
            "192.88.99.0/24",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
        ),
    )
)
TRANSLATED = IPv6Network("64:ff9b::/96")
"""Addresses of IPv4 as a network of IPv6 alone writes them."""


def is_public(address: str) -> bool:
    """Return whether everybody may reach an *address*: no network of ours or of this machine."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return _is_public(found)


def permitted(networks: Sequence[str]) -> Callable[[str], bool]:
    """Return what tells whether an address may be reached: a public one, or one of *networks*.

    Raises:
        ValueError: one of them is no network.
    """
    named = [ip_network(each, strict=False) for each in networks]

    def may(address: str) -> bool:
        if is_public(address):
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in each for each in named if each.version == found.version)

    return may


async def lookup(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host as the system knows them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_public(address.ipv4_mapped)
        if address in TRANSLATED:
            return _is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address.scope_id is not None or address not in GLOBAL:
            return False
    if any(address in each for each in INSIDE if each.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
