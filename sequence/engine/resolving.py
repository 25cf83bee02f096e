"""The keys of a step as its templates make them: resolved just before it is sent, and anew for a try that `retry.use` wants."""

from dataclasses import dataclass

from sequence.engine.saves import Saves
from sequence.engine.scope import Scope, ScopeMark
from sequence.errors import StepError
from sequence.json_values import Json
from sequence.language.filters import Group, Truth
from sequence.language.plan import StepPlan
from sequence.language.templates import resolve_template


@dataclass(frozen=True, slots=True)
class BoundFilters:
    """The filters of a step with their expected values as they were just before it was sent."""

    expect: Group | Truth | None = None
    until: Group | Truth | None = None
    stop: Group | Truth | None = None


class StepKeys:
    """The keys of one step: `data` without the filters, the loop, the pages and `set`, and `filters`."""

    def __init__(self, plan: StepPlan, scope: Scope, path: str, saves: Saves) -> None:
        self.data: dict[str, Json] = {}
        self.filters = BoundFilters()
        self._plan = plan
        self._scope = scope
        self._path = path
        self._saves = saves
        self._begun: ScopeMark | None = None
        self._resolved: ScopeMark | None = None

    def resolve(self) -> None:
        """Resolves all of them, and saves them as `save_req_to` says. Raises StepError."""
        if self._plan.refresh is None:
            self._resolve()
        else:
            self._begun = self._scope.mark()
            self._resolve()
            self._resolved = self._scope.mark()

    def resolve_again(self) -> None:
        """The same for another try: the step sees `$`, `%`, `now` and its UUIDs as it did first. Raises StepError."""
        scope, here, begun = self._scope, self._scope.mark(), self._begun
        assert begun is not None
        assert self._resolved is not None
        is_page = here.path != self._path  # then it has a path and counts of its own
        start = self._resolved if is_page else here
        scope.return_to(start._replace(places=begun.places, current=begun.current, last=begun.last))
        try:
            self._resolve()
        finally:
            self._resolved = scope.mark()
            scope.return_to(here if is_page else self._resolved._replace(current=here.current, last=here.last))

    def resolve_what_can_be(self) -> None:
        """Of a step that can't be resolved as a whole: what decides where its error goes."""
        for name in ("ignore_error", "soft", "save_to", "name"):
            self._scope.enter(self._path)
            try:
                self.data[name] = resolve_template(self._plan.fields.get(name), self._scope)
            except StepError:
                continue

    def _resolve(self) -> None:
        scope, plan = self._scope, self._plan
        self.data = {name: resolve_template(value, scope) for name, value in plan.fields.items()}
        self.filters = BoundFilters(
            plan.expect and plan.expect.bind(scope),
            plan.until and plan.until.bind(scope),
            plan.stop and plan.stop.bind(scope),
        )
        self._saves.put(self.data.get("save_req_to"), {**self.data, **plan.as_given})
