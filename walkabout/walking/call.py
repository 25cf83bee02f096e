"""One call of a walker: checked, and ready to run now or as a job."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from walkabout import json_text
from walkabout.jids import new_uid
from walkabout.jobs.limits import JobLimits
from walkabout.jobs.specs import JobSpec, Upload
from walkabout.walking.files import File
from walkabout.walking.request import Request
from walkabout.walking.values import plain
from walkabout.walking.walker import Walker

KIND = "walker"
VALUE_MOST = (
    200  # characters of the value by which `at_most_by` counts that a lane is called after; of longer ones a hash
)
_BODY = "request body"  # no field is named so


@dataclass(frozen=True)
class WalkerCall:
    """Which walker, in whose name (a master's uid), from which node (a uid), with which `ctx` (checked, plain JSON).

    `files`: uploaded files by the field of `ctx` that they belong to.
    """

    walker: str
    master: str
    node: str
    ctx: dict[str, Any]
    files: dict[str, list[File]] = field(default_factory=dict)
    request: Request | None = None

    def full_ctx(self) -> dict[str, Any]:
        """`ctx` with the files under their fields."""
        return {**self.ctx, **self.files}

    def as_spec(
        self,
        walker: type[Walker],
        limit_s: float,
        *,
        eta: float | None = None,
        priority: int = 0,
        queue: str | None = None,
        uid: str = "",
    ) -> JobSpec:
        """The call as a job. `eta`: UTC seconds; `limit_s`: for walkers that name no time limit; `queue`: None: the
        walker's own."""
        options = walker.walker_options
        uploads = [Upload(name, f.name, f.type, f.content) for name, files in self.files.items() for f in files]
        if self.request is not None and self.request.body:
            uploads.append(Upload(_BODY, "", "", self.request.body))
        return JobSpec(
            kind=KIND,
            name=self.walker,
            owner=self.master,
            argument=self._argument(),
            uid=uid or new_uid(),
            priority=priority,
            eta=eta,
            limit_s=options.time_limit or limit_s,
            repeatable=options.repeatable,
            max_attempts=options.max_attempts,
            backoff_s=options.backoff,
            uploads=tuple(uploads),
            queue=queue or options.queue,
            limits=self._limits(walker),
        )

    def _limits(self, walker: type[Walker]) -> JobLimits | None:
        options = walker.walker_options
        if options.at_most is None and options.rate is None:
            return None
        lane = None if options.at_most is None else self.walker
        if options.at_most_by and lane is not None:
            value = json_text.write(plain(self.ctx.get(options.at_most_by, self._default(walker, options.at_most_by))))
            if len(value) > VALUE_MOST:
                value = hashlib.sha256(value.encode()).hexdigest()
            lane = f"{lane} {options.at_most_by}={value}"
        return JobLimits(lane, options.at_most, options.rate)

    def _default(self, walker: type[Walker], name: str) -> Any:
        field = walker.walker_fields[name]
        return None if field.required else field.default

    def _argument(self) -> dict[str, Any]:
        argument: dict[str, Any] = {"name": self.walker, "nd": self.node, "ctx": plain(self.ctx)}
        if self.request is not None:
            argument["request"] = self.request.without_body() | {"body": bool(self.request.body)}
        if self.files:
            argument["files"] = sorted(self.files)
        return argument

    @classmethod
    def from_argument(cls, master: str, argument: dict[str, Any], uploads: Callable[[], list[Upload]]) -> "WalkerCall":
        """The call that a job was made of. `uploads` is asked for its files if it has some."""
        files: dict[str, list[File]] = {}
        seen = dict(argument.get("request", {}))
        has_body, body = seen.pop("body", False), b""
        for upload in uploads() if has_body or "files" in argument else ():
            if upload.field == _BODY:
                body = upload.content
                continue
            files.setdefault(upload.field, []).append(File(upload.name, upload.type, upload.content))
        request = Request.from_json(seen, body) if "request" in argument else None
        return cls(argument["name"], master, argument["nd"], argument["ctx"], files, request)
