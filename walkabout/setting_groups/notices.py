"""Notices: who is told when something fails, and how often it is tried."""

from dataclasses import dataclass

from walkabout.setting_rules import setting


@dataclass(frozen=True)
class NoticeSettings:
    """Notices: who is told when something fails, and how often it is tried."""

    notify: str = setting(
        "NOTIFY", "", "addresses that are told of all tasks and of the service itself, with blanks between", secret=True
    )
    notify_kinds: str = setting(
        "NOTIFY_KINDS",
        "",
        "the only services of Apprise that may be used, like slack,gotify; empty: all that are reached by HTTP",
    )
    smtp_url: str = setting(
        "SMTP_URL",
        "",
        "the mail server: smtp://USER:PASSWORD@HOST:587 or smtps://..., with ?from=ADDRESS; empty: no mail",
        secret=True,
    )
    public_url: str = setting(
        "PUBLIC_URL", "", "where people reach this service, like https://jobs.example.org; for links in notices"
    )
    notify_timeout_s: float = setting(
        "NOTIFY_TIMEOUT_S", 10.0, "seconds that a service has to take a notice", least=0.1
    )
    notify_tries: int = setting("NOTIFY_TRIES", 8, "tries of a notice in all", least=1)
    notify_backoff_s: float = setting(
        "NOTIFY_BACKOFF_S", 15.0, "seconds before the second try of a notice, doubled each time", least=0.0
    )
    notify_collect_s: float = setting(
        "NOTIFY_COLLECT_S", 60.0, "seconds after a message in which further notices wait to become one", least=0.0
    )
    notify_targets: int = setting("NOTIFY_TARGETS", 100, "addresses for notices that one person may have", least=1)
    no_worker_s: float = setting("NO_WORKER_S", 30.0, "seconds without any worker after which that is told", least=1.0)
    disk_least_mb: float = setting(
        "DISK_LEAST_MB", 512.0, "free MiB on the disk of DATA_DIR below which that is told; 0: never", least=0.0
    )
