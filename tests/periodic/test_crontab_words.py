"""Crontabs in words: exact where "every" would be wrong, and "and" between the two day fields."""

import pytest
from hypothesis import given

from tests.periodic import schedule_strategies as strategies
from tests.support.examples import examples
from walkabout.periodic.rules.kinds.crontab_words import words

SENTENCES = [
    ("* * * * *", "Every minute"),
    ("*/5 * * * *", "Every 5 minutes"),
    ("0 * * * *", "Every hour"),
    ("0 3 * * *", "Every day at 03:00"),
    ("0,30 2,5 * * *", "Every day at 02:00, 02:30, 05:00 and 05:30"),
    ("0 3 * * 1-5", "At 03:00, Monday through Friday"),
    ("0 3 * * sun", "At 03:00, only on Sunday"),
    ("0 3 * * 7", "At 03:00, only on Sunday"),
    ("0 3 1,15 * *", "At 03:00, on day 1 and 15 of the month"),
    ("0 3 * jan *", "Every day at 03:00, only in January"),
    ("0 0 13 * fri", "At 00:00, on day 13 of the month, and only on Friday"),
    ("0 9 1-7 * mon-fri", "At 09:00, between day 1 and 7 of the month, and only Monday through Friday"),
    ("0 0 1 */3 *", "At 00:00, on day 1 of the month, only in January, April, July, and October"),
    ("0 12 */10 * *", "At 12:00, on day 1, 11, 21, and 31 of the month"),  # not every 10 days
    ("0 12 * * */3", "At 12:00, only on Sunday, Wednesday, and Saturday"),  # not every 3 days
    ("*/20 9-17 * * *", "Every 20 minutes, between 09:00 and 17:59"),
    ("*/25 * * * *", "At 0, 25, and 50 minutes past the hour"),  # not every 25 minutes
    ("0-59 0-23 1-31 jan-dec sun-sat", "Every minute"),
    ("0 0 31 12 0-7", "At 00:00, on day 31 of the month, only in December"),
]


@pytest.mark.parametrize(("line", "sentence"), SENTENCES)
def test_says_what_it_means(line, sentence):
    minute, hour, day, month, weekday = line.split()
    assert words(minute, hour, weekday, day, month) == sentence


@examples(80)
@given(strategies.crontabs())
def test_every_crontab_has_words_without_an_or(crontab):
    sentence = words(*crontab[0].values())
    assert sentence[0].isupper()
    assert " or " not in sentence
