"""What a step saves in the persistence: `save_to`, `save_req_to` and `set`."""

from sequence.engine.scope import Scope
from sequence.errors import StepError
from sequence.json_values import Json, as_text
from sequence.language.plan import StepPlan
from sequence.language.save_keys import save_key
from sequence.language.templates import resolve_key, resolve_template


class Saves:
    """The saves of one step; `keys` are those under which it has saved, in their order."""

    def __init__(self, plan: StepPlan, scope: Scope) -> None:
        self.keys: list[str] = []
        self._plan = plan
        self._scope = scope

    def put(self, text: Json, value: Json) -> None:
        """Saves a value under the key that a text means; nothing for an empty one. Raises StepError."""
        key = save_key(text)
        if key:
            self._scope.memory.put(key, self._scope.own(value), as_text(text))
            if key not in self.keys:
                self.keys.append(key)

    def put_set(self) -> None:
        """Saves the entries of `set`, in their order; each sees those before. Raises StepError that names the entry."""
        self._scope.lighten()
        name: Json = ""
        put: set[str] = set()
        try:
            for name, value in self._plan.saves:
                key = resolve_key(name, self._scope)
                if save_key(key) in put:
                    raise StepError(f"two keys become the same, {save_key(key)}")
                put.add(save_key(key))
                self.put(key, resolve_template(value, self._scope))
        except StepError as error:
            shown = f".{name}" if isinstance(name, str) else ""
            raise StepError(f"set{shown}: {error}") from None
