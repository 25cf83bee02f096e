"""Settings are read from the environment once, and what can't be used is named with its remedy."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from walkabout.setting_rules import SettingRule
from walkabout.settings import PULSE_EVERY_S, Settings, SettingsError, table

RULES: list[tuple[str, SettingRule, object]] = [
    (f.name, f.metadata["rule"], f.default) for f in fields(Settings) if "rule" in f.metadata
]
NUMBERS = [rule for _, rule, default in RULES if isinstance(default, int | float) and not isinstance(default, bool)]
AT_LEAST = [rule for rule in NUMBERS if rule.least is not None]
AT_MOST = [rule for rule in NUMBERS if rule.most is not None]
CHOICES = [rule for _, rule, _ in RULES if rule.choices]
SWITCHES = [rule for _, rule, default in RULES if isinstance(default, bool) and rule.env != "DYNO"]


def refused(**environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ)
    return str(caught.value)


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_env({}) == Settings()


@pytest.mark.parametrize("rule", [rule for _, rule, _ in RULES], ids=lambda rule: rule.env)
def test_an_empty_variable_counts_as_not_set(rule: SettingRule) -> None:
    assert Settings.from_env({rule.env: "  "}) == Settings()


@pytest.mark.parametrize("rule", NUMBERS, ids=lambda rule: rule.env)
def test_a_number_that_is_none_is_refused_by_its_variable(rule: SettingRule) -> None:
    text = refused(**{rule.env: "soon"})
    assert text.startswith(f'{rule.env}="soon": not a ')
    assert rule.doc in text


@pytest.mark.parametrize("value", ["nan", "inf", "1e400"])
def test_what_can_not_be_counted_is_refused_for_every_number(value: str) -> None:
    # An infinite JOB_LIMIT_S, say, fits into no page of memory and no date.
    lines = refused(**{rule.env: value for rule in NUMBERS}).splitlines()
    assert [line.split("=")[0] for line in lines] == [rule.env for rule in NUMBERS]


@pytest.mark.parametrize("rule", AT_LEAST, ids=lambda rule: rule.env)
def test_a_number_below_the_least_is_refused_with_the_least(rule: SettingRule) -> None:
    assert rule.least is not None
    assert f"must be {rule.least:g} or more" in refused(**{rule.env: "-1"})


def test_a_worker_is_not_taken_for_dead_between_two_pulses() -> None:
    assert "PULSE_MAX_S" in refused(PULSE_MAX_S=str(2 * PULSE_EVERY_S - 0.1))
    assert Settings.from_env({"PULSE_MAX_S": str(2 * PULSE_EVERY_S)}).pulse_max_s == 2 * PULSE_EVERY_S


@pytest.mark.parametrize("rule", AT_MOST, ids=lambda rule: rule.env)
def test_a_number_above_the_most_is_refused_with_the_most(rule: SettingRule) -> None:
    assert rule.most is not None
    assert f"must be {rule.most:g} or less" in refused(**{rule.env: str(int(rule.most) + 1)})


@pytest.mark.parametrize("rule", CHOICES, ids=lambda rule: rule.env)
def test_a_word_that_is_no_choice_is_refused_with_the_choices(rule: SettingRule) -> None:
    text = refused(**{rule.env: "perhaps"})
    assert text.startswith(f'{rule.env}="perhaps": not one of ')
    assert all(choice in text for choice in rule.choices)


@pytest.mark.parametrize("rule", SWITCHES, ids=lambda rule: rule.env)
def test_a_switch_that_is_neither_on_nor_off_is_refused(rule: SettingRule) -> None:
    assert refused(**{rule.env: "maybe"}).startswith(f'{rule.env}="maybe": not true or false')


@pytest.mark.parametrize(
    ("text", "on"), [("true", True), ("YES", True), ("1", True), ("false", False), ("No", False), ("0", False)]
)
def test_a_switch_is_read_in_the_usual_words(text: str, on: bool) -> None:
    assert Settings.from_env({"RELOAD_WALKERS": text}).reload_walkers is on


@pytest.mark.parametrize("rule", [rule for _, rule, _ in RULES], ids=lambda rule: rule.env)
def test_every_setting_has_a_meaning(rule: SettingRule) -> None:
    assert len(rule.doc) > 10


def test_whole_numbers_have_no_fraction() -> None:
    assert 'PORT="80.5": not a whole number' in refused(PORT="80.5")


def test_all_problems_are_named_at_once() -> None:
    lines = refused(PORT="x", SIGNUP="perhaps", GRACE_S="-1").splitlines()
    assert {line.split("=")[0] for line in lines} == {"PORT", "GRACE_S", "SIGNUP"}


def test_spaces_around_a_value_do_not_count() -> None:
    assert Settings.from_env({"PORT": " 81 "}).port == 81


def test_variables_of_others_do_not_count() -> None:
    assert Settings.from_env({"PATH": "/bin", "UNKNOWN": "1"}) == Settings()


def test_procfile_hosting_listens_on_all_addresses() -> None:
    assert Settings.from_env({"DYNO": "web.1"}).host == "0.0.0.0"


def test_a_given_host_wins_over_the_hosting() -> None:
    assert Settings.from_env({"DYNO": "web.1", "HOST": "10.0.0.1"}).host == "10.0.0.1"


def test_settings_can_not_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_the_process_itself_is_asked_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    assert Settings.from_env().port == 8123


def test_the_data_folder_is_an_absolute_path() -> None:
    assert Settings(data_dir="data").data_path == Path("data").resolve()


def test_limits_of_bodies_are_told_in_bytes() -> None:
    settings = Settings.from_env({"MAX_BODY_MB": "0.5", "MAX_UPLOAD_MB": "2"})
    assert (settings.body_bytes, settings.upload_bytes) == (512 * 1024, 2 * 1024 * 1024)


def test_the_table_has_a_row_for_each_setting() -> None:
    rows = [line for line in table().splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [rule.env for _, rule, _ in RULES]


def test_no_two_settings_share_a_variable() -> None:
    assert len({rule.env for _, rule, _ in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", [rule for _, rule, _ in RULES if rule.least is not None], ids=lambda rule: rule.env)
def test_the_default_keeps_to_its_own_rule(rule: SettingRule) -> None:
    default = next(default for _, other, default in RULES if other is rule)
    assert isinstance(default, int | float)
    assert rule.least is not None
    assert rule.least <= default <= (rule.most or float("inf"))


def test_waiting_requests_leave_threads_for_others() -> None:
    # They are capped below the server's threads, or a few clients that wait starve everybody else.
    assert Settings.from_env({"THREADS": "16"}).waiting_most == 14
    assert "WAITING_MAX" in refused(THREADS="16", WAITING_MAX="15")


def test_a_database_that_can_not_be_used_is_refused_without_its_password() -> None:
    text = refused(DATABASE_URL="mysql://ana:hush@db/walkabout")
    assert "DATABASE_URL" in text
    assert "hush" not in text


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, (300, 25, 3)),
        ({"WAIT_MAX_S": "7"}, (7, 25, 3)),
        ({"DYNO": "web.1"}, (25, 25, 3)),
        ({"DYNO": "web.1", "WAIT_MAX_S": "7", "FOREGROUND_LIMIT_S": "8", "GRACE_S": "9"}, (7, 8, 9)),
        ({"DYNO": "web.1", "WAIT_MAX_S": "70", "FOREGROUND_LIMIT_S": "80", "GRACE_S": "90"}, (25, 25, 20)),
    ],
)
def test_on_procfile_hosting_nothing_takes_longer_than_its_router_and_its_kill(
    environ: dict[str, str], seconds: tuple[float, ...]
) -> None:
    settings = Settings.from_env(environ)
    assert (settings.wait_max_s, settings.foreground_limit_s, settings.grace_s) == seconds


def test_redis_goes_with_postgresql_only() -> None:
    assert "hush" not in refused(REDIS_URL="redis://:hush@db/0")
    assert "REDIS_URL" in refused(REDIS_URL="http://db", DATABASE_URL="postgresql://db/x")
    assert (
        Settings.from_env({"REDIS_URL": "rediss://db/0", "DATABASE_URL": "postgres://db/x"}).redis_url
        == "rediss://db/0"
    )
