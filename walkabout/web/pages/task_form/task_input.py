"""What was typed into a form with a sequence or a task, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from walkabout.sequences import relaxed_json
from walkabout.sequences.curl.refused import NotACall
from walkabout.settings import JsonLimits
from walkabout.web.pages.task_form.argument import BODY, ArgumentProblem, by_field
from walkabout.web.pages.task_form.conflict import EditConflict
from walkabout.web.pages.task_form.curl_step import NoPlace, with_step
from walkabout.web.pages.walkers.walker_inputs import PREFIX, Input

CURL = "curl"


@dataclass
class TaskInput:
    """What was typed, and what is wrong with it; `status`: of the answer; `conflict`: with what others have saved since."""

    texts: Mapping[str, str]
    troubles: list[ArgumentProblem] = field(default_factory=list)
    status: int = 200
    conflict: EditConflict | None = None

    @property
    def problems(self) -> dict[str, str]:
        """The texts of what is wrong, by the input."""
        return by_field(self.troubles)

    @property
    def in_text(self) -> list[ArgumentProblem]:
        """What is wrong with the text of the argument."""
        return [one for one in self.troubles if one.field == BODY]

    def others(self, inputs: list[Input]) -> list[str]:
        """What is wrong and has no input at which it could stand."""
        ours = {one.name for one in inputs}
        return [
            str(one) if not one.field else f"{one.field.removeprefix(PREFIX)}: {one}"
            for one in self.troubles
            if not one.field or (one.field.startswith(PREFIX) and one.field not in ours)
        ]


def with_curl_step(texts: Mapping[str, str], limits: JsonLimits) -> TaskInput:
    """The form after its button that adds a curl line to the sequence as a step."""
    try:
        body = with_step(texts.get(BODY, ""), texts.get(CURL, ""), limits)
    except relaxed_json.Unreadable as error:
        return TaskInput(texts, [ArgumentProblem(BODY, "", error.message, error.line, error.column)])
    except (NotACall, NoPlace) as no:
        return TaskInput(texts, [ArgumentProblem(CURL, "", str(no))])
    return TaskInput({**texts, BODY: body, CURL: ""})
