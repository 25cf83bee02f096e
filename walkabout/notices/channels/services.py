"""The services that the library Apprise knows: some hundred, by HTTP only, and through the guard of this installation.

The library is imported when the first such address is checked or used. Its plugins send by `requests.post` and the like;
in its modules that name leads here, so that a plugin reaches no address which a walker may not reach. Plugins that use
anything else (sockets, programs, buses of the desktop) or read files are refused.
"""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from walkabout.notices.addresses import FIELD
from walkabout.notices.channels.not_delivered import NotDelivered
from walkabout.notices.messages import Message
from walkabout.notices.targets import NoticeTarget
from walkabout.outbound import MayReachPrivate, Outbound
from walkabout.problems import Invalid, refuse

BODY_MOST = 1 << 20  # bytes of an answer that are read
_OTHER_WAYS = frozenset(
    {"socket", "smtplib", "ssl", "subprocess", "asyncio", "ctypes", "http", "urllib3", "websocket", "dbus", "gi"}
    | {"win32api", "gntp", "paho", "slixmpp", "smpplib", "pika", "serial", "hid", "OAuth1Session", "OAuth2Session"}
)
"""Names in a plugin's module by which it could reach something in another way than by requests."""
_FILES = ("template", "keyfile", "subfile", "attach", "pgp", "file")
"""Options of addresses that name files of this machine."""
_READ_FILES = frozenset({"fcm", "vapid"})
_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


class _Sending(threading.local):
    """What one thread sends just now: through which session, and what was answered last."""

    open: Callable[[], requests.Session] | None = None
    status: int | None = None
    refused: str = ""


class GuardedRequests:
    """Stands for the library `requests` in the modules of Apprise."""

    def __init__(self) -> None:
        self.sending = _Sending()
        for method in _METHODS:
            setattr(self, method, self._method(method))

    def __getattr__(self, name: str) -> Any:
        if name in ("Session", "session", "sessions", "adapters", "api"):
            raise AttributeError(f"requests.{name} goes round the guard")
        return getattr(requests, name)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """One request, guarded. Raises what `requests.request` raises."""
        open_session = self.sending.open
        if open_session is None:
            raise requests.RequestException("nobody sends a notice just now")
        options["stream"] = True
        options.pop("verify", None)
        try:
            with open_session() as session, session.request(method, url, **options) as answer:
                parts, size = [], 0
                for chunk in answer.iter_content(65536):
                    parts.append(chunk)
                    size += len(chunk)
                    if size > BODY_MOST:
                        raise requests.RequestException("the answer is too large")
                answer._content = b"".join(parts)
        except requests.RequestException:
            raise
        except Exception as error:
            # The guard's own refusal is no error that a plugin knows.
            self.sending.refused = type(error).__name__
            raise requests.ConnectionError("refused") from None
        self.sending.status = answer.status_code
        return answer

    def _method(self, method: str) -> Callable[..., requests.Response]:
        def send(url: str, data: Any = None, **options: Any) -> requests.Response:
            if data is not None:
                options["params" if method == "get" else "data"] = data
            return self.request(method.upper(), url, **options)

        return send


@cache
def _guarded_requests() -> GuardedRequests:
    """One for the process, which has one library; each thread sends for itself."""
    return GuardedRequests()


@dataclass
class ServiceChannel:
    """Sends by Apprise. `kinds`: the only ones that may be used; empty: all that go by HTTP."""

    outbound: Outbound
    timeout_s: float
    kinds: tuple[str, ...]
    may_reach_private: Callable[[NoticeTarget], MayReachPrivate]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, address: str) -> None:
        """Whether an address may be used. Raises Invalid, field `target`, without the address."""
        self._plugin(address)

    def send(self, target: NoticeTarget, message: Message) -> None:
        """Send a message. Raises NotDelivered."""
        try:
            plugin = self._plugin(target.address)
        except Invalid as error:
            raise NotDelivered(error.problems[0].message) from None
        kind = "success" if message.is_well else "failure"
        with self._guarded(target) as sending:
            try:
                is_sent = plugin.notify(body=message.text(), title=message.title, notify_type=kind)
            except requests.RequestException as error:
                raise NotDelivered(f"the service could not be reached: {type(error).__name__}") from None
            status, refused = sending.status, sending.refused
        if not is_sent:
            why = f"it answered {status}" if status else "it could not be reached"
            raise NotDelivered(f"the service did not take it: {f'{why} ({refused})' if refused else why}")

    @contextmanager
    def _guarded(self, target: NoticeTarget) -> Iterator[_Sending]:
        reach, sending = self.may_reach_private(target), _guarded_requests().sending
        sending.open = lambda: self.outbound.session(reach, self.timeout_s)
        sending.status, sending.refused = None, ""
        try:
            yield sending
        finally:
            sending.open = None

    def _plugin(self, address: str) -> Any:
        scheme = address.partition(":")[0].lower()
        if self.kinds and scheme not in self.kinds:
            raise refuse(FIELD, f"{scheme}:// is none of the services that may be used here (NOTIFY_KINDS)")
        options = {name.lower().lstrip("+-:") for name, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True)}
        if scheme in _READ_FILES or options & set(_FILES):
            raise refuse(FIELD, f"{scheme}:// with a file of this machine is not allowed")
        apprise = self._library()
        asset = apprise.AppriseAsset(secure_logging=True, async_mode=False, plugin_paths=[])
        plugin = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
        if plugin is None:
            raise refuse(FIELD, f"{scheme}:// is no address that Apprise knows, or not whole")
        self._check_way(scheme, type(plugin))
        return plugin

    def _library(self) -> Any:
        with self._lock:
            apprise = import_module("apprise")
            # It logs what it sends and to whom; what went wrong is told with the notice.
            logging.getLogger("apprise").disabled = True
            return apprise

    def _check_way(self, scheme: str, plugin: type) -> None:
        """Whether a plugin goes by requests alone; from then on by ours."""
        modules = [sys.modules[base.__module__] for base in plugin.__mro__ if base.__module__.startswith("apprise.")]
        own = modules[0]
        package = own.__name__.rpartition(".")[0] if own.__name__.count(".") > 2 else own.__name__
        around = [module for name, module in sys.modules.items() if name == package or name.startswith(f"{package}.")]
        if not any("requests" in vars(module) for module in around) or any(_OTHER_WAYS & set(vars(m)) for m in around):
            raise refuse(FIELD, f"{scheme}:// is not reached by HTTP alone, and so is not allowed")
        with self._lock:
            for module in (*around, *modules):
                self._guard(module)

    def _guard(self, module: ModuleType) -> None:
        if vars(module).get("requests") is requests:
            module.requests = _guarded_requests()  # type: ignore[attr-defined]
