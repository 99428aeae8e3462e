import os
import signal

import psycopg2
from django.db import OperationalError, connection

from shared.contracts.base import Event
from shared.events.consuming import consumes
from shared.testing.probe.facts import Ticked
from shared.testing.probe.models import Effect, Switch


class Poisoned(Exception):
    """What a handler with a bug raises."""


@consumes(Ticked)
def on_tick(fact: Ticked, event: Event) -> None:
    Effect.objects.create(tick_id=fact.tick_id)
    if fact.behaviour == "poison" and not Switch.objects.filter(name="healed").exists():
        raise Poisoned(str(fact.tick_id))
    if fact.behaviour == "refused":
        # What a statement timeout or a deadlock raises, too.
        raise OperationalError("canceling statement due to statement timeout")
    if fact.behaviour == "die" and _is_first(f"die {fact.tick_id}"):
        os.kill(os.getpid(), signal.SIGKILL)


def _is_first(name: str) -> bool:
    """True once; remembered on a connection of its own, which the death does not undo."""
    own = psycopg2.connect(**connection.get_connection_params())
    own.autocommit = True
    with own.cursor() as cursor:
        cursor.execute(
            "INSERT INTO probe_switch (name) VALUES (%s) ON CONFLICT DO NOTHING", [name[:60]]
        )
        first = cursor.rowcount == 1
    own.close()
    return bool(first)
