"""The network resources that all runs of a process share: TLS contexts, proxies, CA bundle, and the guard's policy."""

import copy
import ssl
import threading
from collections.abc import Mapping

import certifi

from sequence.senders.deadline import TimedTLSSocket
from sequence.senders.guard import Guard, MayReachPrivate, Policy


class Network:
    """Made once per process: loading the CA bundle takes 25 ms, a run must not pay for it again.

    `proxies` are scheme -> URL, with `no_proxy` as requests has it. `ca_bundle` is a file; None means certifi's.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        proxies: Mapping[str, str] | None = None,
        ca_bundle: str | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.guard = guard or Guard(policy or Policy())
        self.proxies = dict(proxies or {})
        self._ca_bundle = ca_bundle
        self._contexts: dict[bool, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], policy: Policy | None = None) -> "Network":
        """Reads the usual variables once: `*_PROXY`, `NO_PROXY`, `REQUESTS_CA_BUNDLE`, `SSL_CERT_FILE`."""
        proxies = {}
        for key, name in {
            "http": "http_proxy",
            "https": "https_proxy",
            "all": "all_proxy",
            "no_proxy": "no_proxy",
        }.items():
            # A CGI server puts a request's Proxy header into HTTP_PROXY (CVE-2016-5385); the lower-case name is safe.
            trusted = name != "http_proxy" or "REQUEST_METHOD" not in environ
            proxies[key] = environ.get(name) or (environ.get(name.upper(), "") if trusted else "")
        bundle = environ.get("REQUESTS_CA_BUNDLE") or environ.get("SSL_CERT_FILE") or None
        return cls(policy, {key: value for key, value in proxies.items() if value}, bundle)

    def reaching(self, may_reach_private: MayReachPrivate) -> "Network":
        """The same network for somebody who reaches private addresses as long as that says so, asked for each request.

        All but the guard is shared.
        """
        theirs = copy.copy(self)
        theirs.guard = self.guard.reaching(may_reach_private)
        return theirs

    def tls(self, verify: bool) -> ssl.SSLContext:
        """The shared context, made at first use. There are two: one that verified can't be told to stop."""
        with self._lock:
            context = self._contexts.get(verify)
            if context is None:
                context = self._contexts[verify] = self._make_context(verify)
            return context

    def _make_context(self, verify: bool) -> ssl.SSLContext:
        context = (
            ssl.create_default_context(cafile=self._ca_bundle or certifi.where())
            if verify
            else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        context.sslsocket_class = TimedTLSSocket
        return context
