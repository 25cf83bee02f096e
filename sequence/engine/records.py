"""The records that people read: what each step and each of its tries did, masked and truncated."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sequence.engine.curl_line import curl_line
from sequence.json_values import Json, JsonValue
from sequence.masking.masker import Masker
from sequence.senders.base import Rest, StepRequest, StepResponse

OK, FAILED, IGNORED, SKIPPED, RETRIED = "ok", "failed", "ignored", "skipped", "retried"
DISCARDED, UNKNOWN = "discarded", "unknown"
"""The states of a record: discarded is an item behind the one that ended its loop; unknown was in flight at the end."""


@dataclass(frozen=True, slots=True)
class Record:
    """One try of a step, for people: masked, bodies cut. `start` is UTC seconds, `bytes` the answer's size.

    `replayed` says that the answer came from the journal. A later record of the same path and try replaces the earlier
    one (an item that turns out to be discarded).
    """

    path: str
    state: str
    name: str = ""
    method: str = ""
    url: str = ""
    status: int | None = None
    attempt: int = 1
    start: float = 0.0
    ms: float = 0.0
    bytes: int = 0
    saved: tuple[str, ...] = ()
    error: str = ""
    request: Mapping[str, JsonValue] | None = None
    response: Mapping[str, JsonValue] | None = None
    replayed: bool = False

    @property
    def curl(self) -> str:
        """The request as a line for a shell; empty when there was none. Made of what is masked, it shows no more."""
        if self.request is None or self.method == "JAC":
            return ""
        return curl_line(self.method, self.url, self.request)

    def as_dict(self) -> dict[str, JsonValue]:
        """The record as a JSON object; the number of the try is under `try`."""
        row = asdict(self)
        row["saved"] = list(self.saved)
        row["curl"] = self.curl
        row["try"] = row.pop("attempt")
        return row


def _unusual(request: StepRequest) -> dict[str, JsonValue]:
    """What a request does otherwise than others, under the keys of a step."""
    options = {"redirects": request.redirects, "verify": request.verify}
    return {} if request.is_jac else {name: False for name, is_on in options.items() if not is_on}


def record_of(
    masker: Masker,
    budget: int,
    request: StepRequest,
    answer: StepResponse,
    *,
    state: str,
    name: str,
    saved: tuple[str, ...] = (),
    error: str = "",
) -> Record:
    """The record of a try that was answered, or that failed on the way."""
    learned: list[str] = []
    header = masker.for_people(request.header, budget, learned)
    body = masker.for_people(request.body, budget, learned) if request.content is not None or request.is_jac else None
    url = masker.url(request.url)
    response = (
        None
        if answer.failure
        else {
            "status": answer.status,
            "header": masker.for_people(answer.header, budget, learned),
            "body": masker.for_people(answer.body, budget, learned),
        }
    )
    return Record(
        path=request.path,
        state=state,
        name=masker.secrets_in(name),
        method=request.method,
        url=url,
        status=answer.status,
        attempt=request.attempt,
        start=answer.started,
        ms=round(answer.ms, 3),
        bytes=answer.size,
        saved=saved,
        error=masker.text(error) if error else "",
        request={"header": header, "body": body, **_unusual(request)},
        response=response,
        replayed=answer.replayed,
    )


def plain_record(
    masker: Masker,
    path: str,
    fields: Mapping[str, Json],
    rest: Rest,
    *,
    state: str,
    attempt: int = 1,
    saved: tuple[str, ...] = (),
    error: str = "",
) -> Record:
    """The record of a step that got no answer. `fields`: what the step says, resolved as far as it could be; `rest`: how
    it waited, if it did nothing else."""
    name, method, url = (
        value if isinstance(value := fields.get(key), str) else "" for key in ("name", "method", "api")
    )
    return Record(
        path,
        state,
        masker.secrets_in(name),
        method.upper(),
        masker.url(url),
        attempt=attempt,
        start=rest.started,
        ms=round(rest.ms, 3),
        saved=saved,
        error=masker.text(error) if error else "",
        replayed=rest.replayed,
    )
