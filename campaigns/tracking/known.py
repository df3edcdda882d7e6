"""Programs and networks that are no people, from machines.toml; and the part of an address that is kept."""

from __future__ import annotations

import ipaddress
import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("machines.toml")
KEPT = {4: 24, 6: 48}  # So many bits of an address are kept of a hit.

type Networks = list[ipaddress.IPv4Network | ipaddress.IPv6Network]


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def version() -> int:
    return int(_file()["version"])


def network_of(address: str) -> str:
    """The network of an address, which is all that is kept of it; "" for what is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network(f"{found}/{KEPT[found.version]}", strict=False))


@cache
def _networks(of: str) -> Networks:
    listed = _file()["apple"]["networks"] if of == "apple" else _file()["networks"]
    return [ipaddress.ip_network(one) for one in listed]


@lru_cache(maxsize=4096)
def is_machine_agent(agent: str) -> bool:
    """Whether a program says itself that it is none of a person, or says nothing."""
    said = agent.strip().lower()
    return not said or any(part in said for part in _file()["agents"])


@lru_cache(maxsize=4096)
def is_machine_network(network: str) -> bool:
    return _is_in(network, "machines")


@lru_cache(maxsize=4096)
def is_apple(agent: str, network: str) -> bool:
    """Whether Apple's relay fetched it, which says nothing about reading."""
    return agent.strip().lower() in _file()["apple"]["agents"] or _is_in(network, "apple")


def _is_in(network: str, of: str) -> bool:
    if not network:
        return False
    mine: Any = ipaddress.ip_network(network)
    return any(one.version == mine.version and mine.subnet_of(one) for one in _networks(of))
