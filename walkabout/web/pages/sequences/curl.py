"""A saved sequence as curl lines, as a dry run makes its requests: nothing is sent."""

from dataclasses import dataclass

from flask import Response, request

from walkabout import json_text
from walkabout.actions import sequences
from walkabout.problems import Invalid
from walkabout.sequences import relaxed_json
from walkabout.web.pages.frame import page
from walkabout.web.pages.run.step_numbers import step_number
from walkabout.web.pages.sequences.list import saved_of_name
from walkabout.web.pages.view import View, route
from walkabout.web.session import me

MOCKS = "mocks"
LINES_MOST = 500


@dataclass(frozen=True)
class CurlLine:
    """The request of a step."""

    number: str
    name: str
    line: str


class SequenceCurlView(View):
    """Requests as commands."""

    @route("/sequences/<name>/curl", "GET", "POST", admin=True)
    def sequence_curl(self, name: str) -> Response:
        """The lines, for reading or (`as=file`) as a file; `mocks`: responses by path, from which later requests are made."""
        saved = saved_of_name(self, name)
        answers, problems = request.form.get(MOCKS, ""), list[str]()
        lines: list[CurlLine] = []
        more = 0
        try:
            mocks = relaxed_json.read(answers, self.service.settings.json_limits).value if answers.strip() else {}
            ran = sequences.run_dry(self.service, me(), {"name": saved.name}, mocks)
        except relaxed_json.Unreadable as error:
            problems.append(f"The responses can't be read: {error}")
        except Invalid as error:
            problems += error.errors
        else:
            found = [record for record in json_text.load(ran.steps) if record["curl"]]
            lines = [CurlLine(step_number(one["path"]), one["name"], one["curl"]) for one in found[:LINES_MOST]]
            more = len(found) - len(lines)
            if ran.error is not None:
                problems.append(f"The dry run ends at step {step_number(ran.error.path)}: {ran.error.message}")
        if request.values.get("as") == "file" and lines:
            return _file(name, lines)
        return page(
            "sequences/curl.html",
            f"{name} as curl commands",
            "sequences",
            status=400 if problems and not lines else 200,
            saved=saved,
            lines=lines,
            more=more,
            problems=problems,
            mocks=answers,
        )


def _file(name: str, lines: list[CurlLine]) -> Response:
    text = "".join(f"# {' '.join(f'{one.number} {one.name}'.split())}\n{one.line}\n" for one in lines)
    headers = {"Content-Disposition": f'attachment; filename="{name}.sh"'}
    return Response(text.encode("utf-8", "backslashreplace"), headers=headers, mimetype="text/plain")
