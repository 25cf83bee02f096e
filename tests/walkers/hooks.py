"""Walkers that are called by other services."""

import base64
from typing import Any

from walkabout import File, Node, Walker, at


class Saw(Walker, public=True):
    """Reports all that it sees of the request, and its fields."""

    note: str = ""
    amount: int = 0
    key: str = ""
    photo: list[File] = []

    @at()
    def look(self, here: Node) -> None:
        request = self.request
        self.report(
            {
                "method": request.method,
                "url": request.url,
                "query": {name: request.query.getlist(name) for name in request.query},
                "form": {name: request.form.getlist(name) for name in request.form},
                "first": dict(request.form),
                "type": request.type,
                "headers": request.headers,
                "body": base64.b64encode(request.body).decode(),
                "fields": [self.note, self.amount, self.key, [photo.name for photo in self.photo]],
                "files": [
                    [name, file.name, file.type, base64.b64encode(file.read()).decode()]
                    for name in request.files
                    for file in request.files.getlist(name)
                ],
            }
        )


class Answers(Walker, public=True):
    """Answers as it is told, and changes its node; `then`: another walker that answers afterwards, or "raise"."""

    status: Any = 200
    type: str = ""
    text: Any = ""
    data: str = ""
    headers: dict[str, Any] = {}
    then: str = ""

    @at()
    def answer(self, here: Node) -> None:
        here["answers"] = here.get("answers", 0) + 1
        self.report("not seen")
        body = base64.b64decode(self.data) if self.data else self.text
        self.respond(self.status, self.type, body, self.headers)
        if self.then == "raise":
            raise ValueError("after all")
        if self.then:
            self.run(self.then, text="inner")


class HandsOn(Walker, public=True):
    """Starts another walker, which sees the same request."""

    @at()
    def go(self, here: Node) -> None:
        self.report(self.start("saw"))
