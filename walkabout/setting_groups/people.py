"""People: how they sign in, and what they may keep of their own."""

import os
from dataclasses import dataclass

from walkabout.setting_rules import setting


@dataclass(frozen=True)
class PeopleSettings:
    """People: how they sign in, and what they may keep of their own."""

    admin_email: str = setting("ADMIN_EMAIL", "admin@localhost", "the first admin, created when there is none")
    admin_password: str = setting("ADMIN_PASSWORD", "", "the first admin's password; empty: a random one, shown once")
    signup: str = setting(
        "SIGNUP", "closed", "who may create users: closed (only admins) or open (anybody)", choices=("closed", "open")
    )
    secret_key: str = setting(
        "SECRET_KEY", "", "key that public keys derive from; empty: created once, stored in DATA_DIR"
    )
    token_days: float = setting("TOKEN_DAYS", 30.0, "days until a token expires", least=0.0)
    session_days: float = setting("SESSION_DAYS", 14.0, "days a sign-in on the admin page lasts", least=0.0)
    session_idle_hours: float = setting(
        "SESSION_IDLE_HOURS", 24.0, "hours without use after which a sign-in on the admin page ends", least=0.01
    )
    sign_in_window_s: float = setting(
        "SIGN_IN_WINDOW_S",
        900.0,
        "seconds for which a failed sign-in counts; also the longest wait of an account",
        least=1.0,
    )
    sign_in_tries: int = setting(
        "SIGN_IN_TRIES",
        10,
        "failed sign-ins of one account before it has to wait; known devices are counted separately",
        least=1,
    )
    sign_in_tries_address: int = setting(
        "SIGN_IN_TRIES_ADDRESS", 50, "failed sign-ins from one address (IPv6: /64) before it has to wait", least=1
    )
    device_days: float = setting(
        "DEVICE_DAYS", 90.0, "days for which a device that has signed in is remembered", least=0.0
    )
    sign_ups: int = setting("SIGN_UPS", 100, "accounts that strangers may create in an hour, with SIGNUP=open", least=1)
    sign_ups_address: int = setting("SIGN_UPS_ADDRESS", 10, "the same, from one address (IPv6: /64)", least=1)
    password_most: int = setting("PASSWORD_MOST", 1024, "longest new password, characters", least=64, most=100_000)
    hashes_at_once: int = setting(
        "HASHES_AT_ONCE", 0, "passwords hashed at the same time, 32 MiB each; 0: one for each core, 2 to 4", least=0
    )
    hash_wait_s: float = setting(
        "HASH_WAIT_S", 5.0, "seconds a password may wait to be hashed; a longer wait is answered 503", least=0.0
    )
    audit_days: float = setting("AUDIT_DAYS", 90.0, "days that the audit log is kept", least=0.0)
    aliases_max: int = setting("ALIASES_MAX", 1000, "aliases of a person", least=0)
    alias_chars: int = setting("ALIAS_CHARS", 1000, "longest name of an alias, and longest value, characters", least=1)

    @property
    def hashes_most(self) -> int:
        """Passwords that are hashed at the same time."""
        return self.hashes_at_once or min(4, max(2, len(os.sched_getaffinity(0))))
