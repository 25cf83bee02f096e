"""A request to the admin page: forms are read by the APIs' reader, with the same limits."""

import io

from flask import Request
from werkzeug.datastructures import FileStorage, ImmutableMultiDict

from walkabout.settings import Settings
from walkabout.web.bodies import FORM, MULTIPART, media_type, most_bytes, read_form
from walkabout.web.reading import body_bytes


def request_class(settings: Settings) -> type[Request]:
    """The class of an application's requests."""

    class PageRequest(Request):
        """`form` and `files` raise Refusal once for a body that can't be read, and are empty afterwards."""

        def _load_form_data(self) -> None:
            if "form" in self.__dict__:
                return
            self.__dict__.update(form=ImmutableMultiDict(), files=ImmutableMultiDict())
            content_type = self.content_type or ""
            kind = media_type(content_type)
            if kind not in (FORM, MULTIPART):
                return
            form = read_form(content_type, body_bytes(self, *most_bytes(kind, settings)), settings)
            files = [
                (name, FileStorage(io.BytesIO(file.content), file.name, name, file.type)) for name, file in form.files
            ]
            self.__dict__.update(form=ImmutableMultiDict(form.fields), files=ImmutableMultiDict(files))

    return PageRequest
