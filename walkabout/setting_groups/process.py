"""The process: what it logs, who may see its figures, and what those who start it tell it."""

from dataclasses import dataclass

from walkabout.setting_rules import setting

TEXT, JSON = "text", "json"


@dataclass(frozen=True)
class ProcessSettings:
    """The process: what it logs, who may see its figures, and what those who start it tell it."""

    log_level: str = setting(
        "LOG_LEVEL", "info", "lowest level that is logged", choices=("debug", "info", "warning", "error")
    )
    log_format: str = setting(
        "LOG_FORMAT", TEXT, "the log as lines for people, or as an object on each line", choices=(TEXT, JSON)
    )
    metrics_token: str = setting(
        "METRICS_TOKEN",
        "",
        "Bearer token that /metrics asks for; without it only this machine itself may ask, and not through a proxy",
        secret=True,
    )
    command_url: str = setting(
        "WALKABOUT_URL",
        "",
        "where commands of the command line ask (--url), like https://jobs.example.org; empty: here",
    )
    command_token: str = setting("WALKABOUT_TOKEN", "", "the token with which they ask there", secret=True)
    parent: int = setting(
        "WALKABOUT_PARENT", 0, "set by the parent process: its id; the process ends when the parent does", least=0
    )
    tells: bool = setting(
        "WALKABOUT_TELLS", False, "set by make run: web and worker say on their output that they serve"
    )
    stop: int = setting(
        "WALKABOUT_STOP", 0, "set by the Procfile's commands: what tells the web server to stop", least=0
    )
    process: str = setting(
        "WALKABOUT_PROCESS", "", "set by the Procfile's commands", choices=("", "web", "worker", "release")
    )
