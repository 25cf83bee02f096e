"""Being told by a service in real processes: by its supervisor, and by the web process when no worker is alive."""

import threading

from tests.support.house import House
from tests.support.mail_server import MailServer
from tests.support.scripted_server import Server
from tests.support.until import until

NEVER = {"type": "interval", "conf": {"every": 300, "period": "days"}}


def test_who_runs_a_task_that_fails_and_recovers_is_told_of_both(new_house: type[House], server: Server) -> None:
    server.begin({"POST /hook": {"status": 200}})
    house = new_house(WORKERS="1", NOTIFY_COLLECT_S="0").start()
    ana = house.client()
    made = ana.js("add_scheduled_walker", name="told", schedule=NEVER, body={"name": "fail", "ctx": {}}).json()
    ana.js("notice_targets_set", target=f"{server.base}/hook", **{"for": made["id"]}).raise_for_status()
    ana.js("schedule_run_now", id=made["id"])
    until(lambda: len(server.seen) == 1)
    ana.js("schedule_update", id=made["id"], body={"name": "echo"}).raise_for_status()
    ana.js("schedule_run_now", id=made["id"])
    until(lambda: len(server.seen) == 2)
    assert [seen.body["event"] for seen in server.seen] == ["failed", "recovered"]
    until(lambda: [one["state"] for one in ana.js("notices").json()] == ["sent", "sent"])
    told = ana.js("notices").json()
    assert [one["text"].partition(":")[0] for one in told] == ["told is well again", "told failed"]
    assert all(one["target"].startswith("http://127.0.0.1… (") for one in told)


def test_a_service_that_does_not_answer_keeps_no_worker(new_house: type[House], server: Server) -> None:
    """The one worker runs another job while the hook is asked and hangs."""
    asked, go_on = threading.Event(), threading.Event()

    def hang(seen: object) -> dict[str, int]:
        asked.set()
        go_on.wait(60)
        return {"status": 200}

    server.begin({"POST /hook": hang})
    house = new_house(WORKERS="1", NOTIFY_TIMEOUT_S="60").start()
    ana = house.client()
    made = ana.js("add_scheduled_walker", name="hangs", schedule=NEVER, body={"name": "fail", "ctx": {}}).json()
    ana.js("notice_targets_set", target=f"{server.base}/hook", **{"for": made["id"]}).raise_for_status()
    ana.js("schedule_run_now", id=made["id"])
    assert asked.wait(30)
    assert ana.wait(ana.start("echo", value=1))["state"] == "SUCCESS"
    assert [one["state"] for one in ana.js("notices").json()] == ["sending"]
    go_on.set()
    until(lambda: [one["state"] for one in ana.js("notices").json()] == ["sent"])


def test_by_mail_and_by_a_webhook_somebody_hears_of_two_failures_and_the_recovery(
    new_house: type[House], server: Server, mail_server: MailServer
) -> None:
    server.begin({"POST /hook": {"status": 200}})
    house = new_house(WORKERS="1", NOTIFY_COLLECT_S="0", SMTP_URL=mail_server.url, NOTIFY=f"{server.base}/hook").start()
    ana = house.client()
    task = {"name": "backup", "schedule": NEVER, "body": {"name": "fail", "ctx": {"message": "no disk"}}}
    made = ana.js("add_scheduled_walker", **task).json()
    to = {"target": "mailto:ana@example.com", "for": made["id"], "after": 2}
    ana.js("notice_targets_set", **to).raise_for_status()

    def run() -> None:
        ana.wait(ana.js("schedule_run_now", id=made["id"]).json()["run"])

    run()
    run()
    until(lambda: len(mail_server.mails) == 1 and len(server.seen) == 1)
    ana.js("schedule_update", id=made["id"], body={"name": "echo"}).raise_for_status()
    run()
    until(lambda: len(mail_server.mails) == 2 and len(server.seen) == 2)
    assert [mail.message["Subject"] for mail in mail_server.mails] == [
        "backup failed 2 times in a row",
        "backup is well again",
    ]
    assert "ValueError: no disk" in mail_server.mails[0].text
    assert [seen.body["text"] for seen in server.seen] == ["backup failed", "backup is well again"]
