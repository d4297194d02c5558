"""The Celery application. Periodic work is listed in `settings.CELERY_BEAT_SCHEDULE`."""

import os
from typing import Any

from celery import Celery, bootsteps
from celery.beat import EmbeddedService
from click import Option

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class BeatThread(bootsteps.StartStopStep):
    """The scheduler as a thread of the worker: Celery's own `--beat` forks, and costs this another 120 MB."""

    conditional = True
    label = "Beat thread"

    def __init__(self, worker: Any, *, beat_thread: bool = False, **options: Any) -> None:
        self.enabled = beat_thread
        super().__init__(worker, **options)

    def create(self, worker: Any) -> Any:
        return EmbeddedService(
            worker.app, thread=True, schedule_filename=worker.schedule_filename, scheduler_cls=worker.scheduler
        )


app = Celery("alliance")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.user_options["worker"].add(Option(("--beat-thread",), is_flag=True, help="Schedule in a thread of this worker."))
app.steps["worker"].add(BeatThread)
