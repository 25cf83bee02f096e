"""Requests that walkers and sequences send: to whom, and how much of an answer is read."""

from dataclasses import dataclass

from walkabout.setting_rules import setting

ADMINS, EVERYONE, NOBODY = "admins", "everyone", "nobody"


@dataclass(frozen=True)
class OutboundSettings:
    """Requests that walkers and sequences send: to whom, and how much of an answer is read."""

    fetch_timeout_s: float = setting("FETCH_TIMEOUT_S", 30.0, "seconds an outgoing request may take in all", least=0.1)
    fetch_max_mb: float = setting("FETCH_MAX_MB", 16.0, "largest response body that is read, MiB", least=0.001)
    private_hosts: str = setting(
        "PRIVATE_HOSTS",
        ADMINS,
        "whose requests may reach loopback and private networks: admins, everyone (or true), nobody (or false)",
        choices=(ADMINS, EVERYONE, NOBODY),
        aliases=dict.fromkeys(("true", "1", "yes"), EVERYONE) | dict.fromkeys(("false", "0", "no"), NOBODY),
    )
    allow_hosts: str = setting(
        "ALLOW_HOSTS",
        "",
        "if given, only these hosts or networks may be called, separated by commas; metadata services only if named here",
    )
    refuse_hosts: str = setting("REFUSE_HOSTS", "", "hosts or networks that may not be called, separated by commas")
