"""Reads a file of another tool: which one wrote it is seen from what it holds."""

import json

from walkabout.sequences.importing.curl_lines import is_curl, read_curl
from walkabout.sequences.importing.draft import ImportedSequence, NotImportable
from walkabout.sequences.importing.har import is_archive, read_archive
from walkabout.sequences.importing.hurl import read_hurl
from walkabout.sequences.importing.postman import is_collection, read_collection

FILE_MOST = 16 * 1024 * 1024
"""Characters of a file."""


def read_file(text: str, environment: str | None = None) -> ImportedSequence:
    """The sequence of a Postman collection (with an environment of it), an HTTP archive, curl lines or a Hurl file.

    Raises NotImportable.
    """
    if len(text) > FILE_MOST:
        raise NotImportable(f"the file has {len(text)} characters; use at most {FILE_MOST}")
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] != "{":
        return read_curl(text) if is_curl(text) else read_hurl(text)
    value = _json(text)
    if is_collection(value):
        given = None if environment is None else _json(environment)
        if given is not None and not isinstance(given, dict):
            raise NotImportable("the environment is no JSON object")
        return read_collection(value, given)  # type: ignore[arg-type]
    if is_archive(value):
        return read_archive(value)  # type: ignore[arg-type]
    raise NotImportable("the file is JSON, and neither a Postman collection (v2.1) nor an HTTP archive")


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotImportable(f"the file is no JSON: {str(error)[:200]}") from None
