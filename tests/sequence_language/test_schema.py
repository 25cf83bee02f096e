"""The JSON Schema has what the tables have."""

import json
from typing import Any

import sequence
from sequence.language import keys
from sequence.language.conditions import CONDITIONS


def test_every_key_and_condition_is_in_it_with_its_words() -> None:
    made = sequence.schema()
    assert set(made["properties"]) == set(keys.ARGUMENT)
    parts = made["$defs"]
    for name, table in [
        ("step", keys.STEP),
        ("loop", keys.LOOP_KEYS),
        ("retry", keys.RETRY_KEYS),
        ("pages", keys.PAGES_KEYS),
        ("auth", keys.AUTH_KEYS),
        ("oauth2", keys.OAUTH2_KEYS),
        ("container", keys.CONTAINER),
    ]:
        assert {key: row["description"] for key, row in parts[name]["properties"].items()} == {
            key: row.doc for key, row in table.items()
        }
        assert parts[name]["additionalProperties"] is False
    assert set(parts["entry"]["anyOf"][0]["properties"]["condition"]["properties"]) == set(CONDITIONS)


def test_it_is_json_and_all_its_references_lead_somewhere() -> None:
    made = sequence.schema()
    assert json.loads(json.dumps(made)) == made
    for target in refs(made):
        assert target.removeprefix("#/$defs/") in made["$defs"]


def refs(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [
            item if key == "$ref" else inner
            for key, item in value.items()
            for inner in ([item] if key == "$ref" else refs(item))
        ]
    return [found for item in value for found in refs(item)] if isinstance(value, list) else []


def test_defaults_have_no_loop_and_no_save_keys() -> None:
    assert not {"__def_loop__", "save_to"} & set(sequence.schema()["$defs"]["defaults"]["properties"])
