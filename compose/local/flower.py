"""Flower with the queues of its settings on its broker page, all of them from the start. It would
list those that workers have named, and it asks only the workers that run when it starts."""

import sys
from typing import Any

from celery.bin.celery import main
from flower.views import BaseHandler


def name_queues(handler: Any) -> list[str]:
    return sorted(queue.name for queue in handler.capp.conf.task_queues)


BaseHandler.get_active_queue_names = name_queues

if __name__ == "__main__":
    sys.argv[:1] = ["celery", "flower"]
    main()
