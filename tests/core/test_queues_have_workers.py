"""Whatever is put into a queue has somebody who listens to it: in the demo, in the compose file, and in the drills."""

import re
from collections.abc import Iterable

from django.conf import settings

from core import jobs
from core.outbox import QUEUES
from launcher import demo
from launcher.places import REPOSITORY
from oms.celery import RELAY, app
from tests.faults import workers


def listened_to(commands: Iterable[str]) -> set[str]:
    return {queue for command in commands for queue in command.split(",")}


def test_every_queue_is_listened_to() -> None:
    all_of_them = {RELAY, *QUEUES, jobs.QUEUE}
    of_compose = re.findall(r'"--queues", "([a-z,]+)"', (REPOSITORY / "docker-compose.yml").read_text())
    assert listened_to(words[1] for words in demo.WORKERS.values()) == all_of_them
    assert listened_to(of_compose) == all_of_them
    assert listened_to([workers.QUEUES]) == all_of_them


def test_every_task_goes_to_one_of_them() -> None:
    known = {RELAY, *QUEUES, jobs.QUEUE}
    assert settings.CELERY_TASK_DEFAULT_QUEUE in known
    app.loader.import_default_modules()
    ours = [name for name in app.tasks if not name.startswith("celery.")]
    assert ours
    for name in [*ours, *(entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values())]:
        assert app.amqp.router.route({}, name)["queue"].name in known, name


def test_each_slow_kind_has_workers_of_its_own() -> None:
    for words in demo.WORKERS.values():
        queues = set(words[1].split(","))
        assert len(queues) == 1 or not queues & {"providers", "mail", jobs.QUEUE}
