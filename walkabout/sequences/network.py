"""Where this process may send requests, and how much of a response is read, according to the settings; for walkers
and sequences.
"""

import requests

import sequence
from walkabout.outbound import MayReachPrivate, Outbound
from walkabout.setting_groups.outbound import EVERYONE, OutboundSettings
from walkabout.setting_rules import MB
from walkabout.settings import Settings, entries


def network_of(settings: Settings) -> sequence.Network:
    """Where this process may send requests to, as the settings say, in nobody's name; one for walkers and sequences."""
    only = _hosts(settings.allow_hosts)
    policy = sequence.Policy(
        private=settings.private_hosts == EVERYONE,
        metadata=tuple(entry for entry in only if sequence.is_metadata_entry(entry)),
        only=only,
        refuse=_hosts(settings.refuse_hosts),
    )
    return sequence.Network.from_environ(settings.environ, policy)


def outbound_of(settings: OutboundSettings, network: sequence.Network) -> Outbound:
    """What walkers send requests with."""

    def open_session(may_reach_private: MayReachPrivate, timeout_s: float, redirects: int) -> requests.Session:
        return sequence.open_session(network.reaching(may_reach_private), timeout_s, redirects)

    return Outbound(open_session, sequence.RequestRefused, settings.fetch_timeout_s, int(settings.fetch_max_mb * MB))


def sequence_settings(settings: Settings) -> sequence.SequenceSettings:
    """The limits of sequences, and what they may read of the environment."""
    most = int(settings.fetch_max_mb * MB)
    limits = sequence.SequenceLimits(
        response_bytes=most, request_bytes=most, request_s=settings.fetch_timeout_s, **settings.language_limits()
    )
    # Its name fits those of secrets for sequences, and yet it is the service's own.
    environ = {name: value for name, value in settings.environ.items() if name != "SECRET_KEY"}
    return sequence.SequenceSettings.from_environ(environ, entries(settings.sequence_env), limits)


def _hosts(text: str) -> tuple[str, ...]:
    """The hosts of a setting; a name stands for all below it, too."""
    return tuple(
        form for entry in entries(text) for form in (entry, *(() if set("*/:") & set(entry) else (f"*.{entry}",)))
    )
