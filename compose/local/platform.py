"""The whole shop: up, down, restart, scale, seed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from compose.local import (
    applications,
    environment,
    gateway,
    health,
    network,
    packages,
    preparation,
    servers,
)
from compose.local.errors import NotRunning, PortTaken, UnknownName
from compose.local.layout import Layout
from compose.local.programs import Program
from compose.local.progress import say, step
from compose.local.state import State
from compose.local.supervisor import Supervisor
from shared.services import SERVICES

MOST_REPLICAS = 16


class Platform:
    """One run directory's shop. Every method expects the run directory to be locked."""

    def __init__(self, layout: Layout, state: State) -> None:
        self.layout = layout
        self.state = state
        self.supervisor = Supervisor(layout)

    def programs(self) -> list[Program]:
        """Everything that should run, servers first, the gateway last."""
        return [
            *servers.programs(self.layout, self.state),
            *applications.programs(self.layout, self.state),
            gateway.program(self.layout, self.state),
        ]

    def up(self) -> None:
        """Brings everything up and waits until it is healthy; what runs already stays as it is."""
        packages.ensure(packages.PLATFORM, self.layout.log("packages"))
        servers.check_data(self.layout, self.state)
        with self._undone_on_failure():
            self.supervisor.launch()
            self._configure()
            self._forget_strangers()
            servers.start(self.layout, self.state, self.supervisor)
            self._start_applications()
            if self.state.get("done", "seed") != self._seeded_for():
                self.seed()

    def down(self) -> None:
        """Stops everything: the shop first, then its servers, so that nothing is cut off."""
        if not self.supervisor.is_alive():
            return
        with step("Stopping the shop and its servers"):
            shop = self._running_applications()
            self.supervisor.ask_to_stop(shop)
            # Nobody but they speaks to the broker, so it may go while the web processes end.
            self.supervisor.stop([name for name in shop if applications.uses_broker(name)])
            self.supervisor.ask_to_stop(servers.BROKER)
            self.supervisor.stop(shop)
            self.supervisor.stop(servers.names())
            self.supervisor.shut_down()

    def stop_applications(self) -> None:
        """Stops everything but the servers."""
        self.supervisor.stop(self._running_applications())

    def _running_applications(self) -> list[str]:
        return sorted(set(self.supervisor.statuses()) - set(servers.names()))

    def restart(self, name: str | None) -> None:
        """Restarts a service's processes, one program, or (no name) all but the servers.

        Replicas of a service go one after another, so that the shop stays open.
        """
        self.require_running()
        for program in self.find(name):
            self.supervisor.stop([program.name])
            self._start([program])
            health.wait_for([program], self.supervisor, self.layout)

    def find(self, name: str | None) -> list[Program]:
        """The programs a person means; UnknownName if there is none of that name."""
        if name is None:
            return [program for program in self.programs() if not program.is_server]
        found = [p for p in self.programs() if name in (p.service, p.name)]
        if not found:
            known = sorted({program.service for program in self.programs()})
            raise UnknownName(f"Nothing is called {name!r}. Known: {', '.join(known)}.")
        return found

    def scale(self, wishes: dict[str, int]) -> None:
        """Changes how many replicas services or workers have, without losing a request."""
        self.require_running()
        for name, wanted in wishes.items():
            _check_wish(name, wanted)
        for name, wanted in wishes.items():
            self._scale_one(name, wanted)

    def seed(self) -> None:
        self.require_running()
        preparation.seed(self.layout)
        self.state.put("done", "seed", self._seeded_for())

    def require_running(self) -> None:
        if not self.supervisor.is_alive():
            raise NotRunning("Souk is not running here: run ./manage_all.sh up first.")

    def _configure(self) -> None:
        """Chooses ports and writes every file that the programs read."""
        environment.choose_settings(self.layout, self.state)
        environment.keep_stripe_keys(self.state)
        environment.choose_gateway_ports(self.layout, self.state)
        self._settle_ports()
        environment.write_all(self.layout, self.state)
        gateway.render(self.layout, self.state)

    def _settle_ports(self) -> None:
        inner = [program for program in self.programs() if program.name != gateway.NAME]
        servers.renew_taken_ports(inner, self.state, self.supervisor)
        if not self.supervisor.status(gateway.NAME).is_up:
            for name in ("http", "https"):
                self._check_gateway_port(name)

    def _check_gateway_port(self, name: str) -> None:
        port = self.state.port(name)
        if network.is_free(port):
            return
        if self.layout.for_tests:
            self.state.renew_port(name)
            return
        variable = f"SOUK_{name.upper()}_PORT"
        raise PortTaken(
            f"Port {port} of 127.0.0.1 is taken by another program. "
            f"Choose another one: {variable}={port + 1} ./manage_all.sh up"
        )

    def _start_applications(self) -> None:
        due = preparation.due(self.layout, self.state)
        programs = applications.programs(self.layout, self.state)
        early = [program for program in programs if not applications.uses_broker(program.name)]
        late = [program for program in programs if applications.uses_broker(program.name)]
        early.append(gateway.program(self.layout, self.state))
        if due:
            servers.wait(self.layout, self.state, self.supervisor)
            # New tables ask for new processes: the old ones stop while migrations run.
            self.stop_applications()
            preparation.run(self.layout, self.state, due)
        else:
            servers.wait_for_databases(self.layout, self.state, self.supervisor)
        gateway.check(self.layout, self.state)
        self._start(early)
        servers.wait(self.layout, self.state, self.supervisor)
        self._start(late)
        health.wait_for([*early, *late], self.supervisor, self.layout)

    def _start(self, programs: Sequence[Program]) -> None:
        self.supervisor.apply(programs)
        self.supervisor.start(program.name for program in programs)

    def _seeded_for(self) -> str:
        """Payments tells its provider the shop's address; so a new address asks for it again."""
        provider = "sandbox" if environment.uses_sandbox(self.state) else "stripe"
        return f"{environment.public_url(self.state)} {provider}"

    def _scale_one(self, name: str, wanted: int) -> None:
        before = self.state.replicas(name)
        with step(f"{name}: {before} -> {wanted}"):
            self.state.put("replicas", name, wanted)
            try:
                self._add_replicas(name, before)
                if name in SERVICES:
                    gateway.render(self.layout, self.state)
                    gateway.reload(self.layout, self.state, self.supervisor)
            except BaseException:
                self.state.put("replicas", name, before)
                self.supervisor.forget(_names(name, before, wanted))
                raise
            # The gateway no longer sends anything there, and what it had sent is answered.
            self.supervisor.forget(_names(name, wanted, before))

    def _add_replicas(self, name: str, present: int) -> None:
        added = applications.replicas(self.layout, self.state, name)[present:]
        servers.renew_taken_ports(added, self.state, self.supervisor)
        added = applications.replicas(self.layout, self.state, name)[present:]
        self._start(added)
        health.wait_for(added, self.supervisor, self.layout)

    def _forget_strangers(self) -> None:
        """Programs of an earlier configuration, such as the sandbox where real keys are set now."""
        wanted = {program.name for program in self.programs()}
        self.supervisor.forget([n for n in self.supervisor.statuses() if n not in wanted])

    @contextmanager
    def _undone_on_failure(self) -> Iterator[None]:
        """Whatever this `up` started is stopped again if it does not succeed."""
        was_alive = self.supervisor.is_alive()
        before = {n for n, status in self.supervisor.statuses().items() if status.is_up}
        try:
            yield
        except BaseException:
            say("Stopping what was started.")
            if was_alive:
                self.supervisor.stop(set(self.supervisor.statuses()) - before)
            else:
                self.down()
            raise


def _names(name: str, after: int, last: int) -> list[str]:
    return [applications.replica_name(name, number) for number in range(after + 1, last + 1)]


def _check_wish(name: str, wanted: int) -> None:
    if name not in applications.SCALABLE:
        known = f"{', '.join(SERVICES)}, and each of them with -worker"
        raise UnknownName(f"No service is called {name!r}. Known: {known}.")
    if not 1 <= wanted <= MOST_REPLICAS:
        raise UnknownName(f"{name} can have 1 to {MOST_REPLICAS} replicas, not {wanted}.")
