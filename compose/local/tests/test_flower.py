"""What operators see of the queues."""

from types import SimpleNamespace

from celery import Celery
from flower.views.broker import BrokerView

from compose.local import flower
from shared.services import SERVICES


def test_all_queues_are_listed_whichever_workers_answered() -> None:
    app = Celery()
    app.config_from_object("compose.local.queues")
    heard = {"cart@shop": {"active_queues": [{"name": "cart"}]}}
    view = SimpleNamespace(capp=app, application=SimpleNamespace(workers=heard))

    listed = BrokerView.get_active_queue_names(view)

    assert BrokerView.get_active_queue_names is flower.name_queues
    assert listed == sorted([*SERVICES, *(f"{service}.dead" for service in SERVICES)])
