"""One run: open a shop, let people buy while things break, heal it, and judge what is left."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from compose.local import environment
from compose.local.layout import Layout
from compose.local.progress import say, step
from compose.local.state import State, locked
from tests.resilience import availability, broker, faults, schedule, timelines, verdict
from tests.resilience.availability import Outage
from tests.resilience.evidence import gather
from tests.resilience.provider import Desk, ask_to_ship
from tests.resilience.schedule import Fault
from tests.resilience.stage import Stage
from tests.resilience.verdict import Line, Report

REPLICAS = {
    **{"catalog": 2, "cart": 2, "orders": 2},
    **{"orders-worker": 2, "inventory-worker": 2, "payments-worker": 2},
}
SERVICE_PARTS = {"kill_worker": "{}-worker", "kill_gateway_worker": "gateway"}
NOBODY_NOTICES = {"clock_twice", "log_disk_full", "facts_late"}


@dataclass(frozen=True)
class Mode:
    """How long, how many and how much. `units` is the stock of each SKU that is fought over."""

    name: str
    seconds: float
    rounds: int
    shoppers: int
    units: tuple[int, ...]
    patience: float


QUICK = Mode("quick", seconds=70, rounds=1, shoppers=16, units=(15, 15, 400, 400), patience=150)
FULL = Mode("full", seconds=960, rounds=2, shoppers=30, units=(80, 80, 5000, 5000), patience=240)


@dataclass
class Run:
    stage: Stage
    mode: Mode
    seed: int
    outages: list[Outage] = field(default_factory=list)
    broken: set[Fault] = field(default_factory=set)
    told: list[str] = field(default_factory=list)

    @property
    def journal(self) -> Path:
        return self.stage.layout.run / "journal.jsonl"


def prove(layout: Layout, mode: Mode, seed: int, *, keep: bool) -> Report:
    """The whole proof; the platform is stopped afterwards unless it is to be kept."""
    os.environ["SOUK_RESERVATION_MINUTES"] = "1"
    with locked(layout) as state:
        stage = Stage(layout)
        try:
            _open(stage, state)
            return _run(Run(stage, mode, seed))
        finally:
            if not keep:
                stage.platform.down()


def _open(stage: Stage, state: State) -> None:
    for name, wanted in REPLICAS.items():
        state.put("replicas", name, wanted)
    stage.platform.up()
    with step("Watching every outbox"):
        stage.keep_history()
        broker.prepare(stage)
    _repair_copies(stage)


def _repair_copies(stage: Stage) -> None:
    """What an earlier, broken run left in the copies is not held against this one."""
    for service, command in (("catalog", "republish_products"), ("inventory", "republish_stock")):
        stage.manage(service, command).check_returncode()


def _run(run: Run) -> Report:
    planned = schedule.draw(
        run.seed, seconds=run.mode.seconds, rounds=run.mode.rounds, full=run.mode is FULL
    )
    say(f"\nSeed {run.seed}: {run.mode.shoppers} shoppers, {len(planned)} faults")
    skus = _stock(run.stage, run.mode.units)
    run.journal.unlink(missing_ok=True)
    desk = Desk(run.stage, run.seed)
    with _shoppers(run, skus) as shoppers:
        with desk.at_work():
            _break_things(run, planned)
        shoppers.wait()
    run.told.append(f"done at the provider: {desk.done}")
    with step("Healing everything"):
        faults.heal(run.stage)
    began = time.monotonic()
    lines = _settle(run)
    return _report(run, planned, lines, time.monotonic() - began)


def _stock(stage: Stage, units: tuple[int, ...]) -> list[str]:
    """So many units of the first SKUs of the catalogue are on the shelf; which those are."""
    account = stage.info["accounts"]["merchant"]
    with httpx.Client(base_url=stage.url, timeout=30) as shop:
        token = shop.post("/users/api/v1/token/", json=account).raise_for_status().json()["access"]
        rows = shop.get("/catalog/api/v1/products/?ordering=price").json()["results"]
        skus = []
        for row, wanted in zip(rows[:: len(rows) // len(units)], units, strict=False):
            detail = shop.get(f"/catalog/api/v1/products/{row['slug']}/").json()
            skus.append(detail["variants"][0]["sku"])
            path = f"/inventory/api/v1/stock/{skus[-1]}/"
            if delta := wanted - shop.get(path).json()["available"]:
                body = {"delta": delta, "reason": "stocked for a proof"}
                shop.post(
                    f"{path}adjust/", json=body, headers={"Authorization": f"Bearer {token}"}
                ).raise_for_status()
    return skus


@contextmanager
def _shoppers(run: Run, skus: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Locust as a process of its own, which ends by itself when the time is over."""
    layout, mode = run.stage.layout, run.mode
    account = run.stage.info["accounts"]["merchant"]
    command = [
        *(str(layout.python), "-m", "locust", "-f", "tests/load/locustfile.py"),
        *("--host", run.stage.url, "--headless", "--only-summary"),
        *("-u", str(mode.shoppers), "-r", "4", "-t", f"{mode.seconds + 5:.0f}s"),
        *("--stop-timeout", "25", "--exit-code-on-error", "0"),
        *("--html", str(layout.run / "shoppers.html")),
    ]
    variables = {
        **environment.inherited(layout),
        "SOUK_JOURNAL": str(run.journal),
        "SOUK_LOAD_SKUS": ",".join(skus),
        "SOUK_LOAD_MERCHANT": f"{account['email']} {account['password']}",
        "SOUK_LOAD_SEED": str(run.seed),
    }
    with layout.log("shoppers").open("wb") as log:
        shoppers = subprocess.Popen(command, cwd=layout.root, env=variables, stdout=log, stderr=log)
        try:
            yield shoppers
        finally:
            shoppers.terminate()
            shoppers.wait()


def _break_things(run: Run, planned: list[Fault]) -> None:
    """Each fault at its time, in a thread of its own, because some of them overlap."""
    began = time.monotonic()
    threads = []
    for fault in planned:
        time.sleep(max(0.0, began + fault.at - time.monotonic()))
        if fault.target == "rabbitmq":
            _wait_for_late_facts(run)
        say(f"  {time.monotonic() - began:6.1f} s  {fault}")
        run.broken.add(fault)
        threads.append(threading.Thread(target=_break_one, args=(run, fault)))
        threads[-1].start()
    for thread in threads:
        thread.join()


def _wait_for_late_facts(run: Run) -> None:
    """The broker breaks only while its bindings are as the services made them: what it forgets of
    ours would be held against the shop."""
    while any(fault.kind == "facts_late" for fault in run.broken.copy()):
        time.sleep(0.25)


def _break_one(run: Run, fault: Fault) -> None:
    began = time.time()
    try:
        with faults.inflict(run.stage, fault):
            time.sleep(fault.lasts)
    finally:
        run.broken.discard(fault)
    healed = time.time()
    names = faults.victims(run.stage, fault)
    while not faults.has_recovered(run.stage, names) and time.time() < healed + 120:
        time.sleep(0.25)
    ended = time.time()
    run.told.append(f"{fault}: whole again after {ended - healed:.1f} s")
    if fault.kind not in NOBODY_NOTICES:
        part = SERVICE_PARTS.get(fault.kind, "{}").format(fault.target)
        run.outages.append(Outage(part, began, ended))


def _settle(run: Run) -> list[Line]:
    """Looks until every invariant holds, or until patience ends: what is still on its way is not
    lost yet. Failed events are replayed first, as an operator would."""
    answers = [
        (entry["key"], entry["order_id"])
        for entry in availability.read_journal(run.journal)
        if entry["kind"] == "checkout"
    ]
    deadline = time.monotonic() + run.mode.patience
    with step("Waiting until all is quiet"):
        while True:
            evidence = gather(run.stage, answers)
            for service in {failed.service for failed in evidence.failed}:
                run.told.append(run.stage.manage(service, "replay_failed_events").stdout.strip())
            lines = verdict.judge(evidence)
            # What must stay is known once all the rest is quiet.
            broken = [line for line in lines if not line.holds]
            if len(broken) <= 1 or time.monotonic() > deadline:
                evidence.asked_to_ship = ask_to_ship(run.stage, evidence)
                lines = verdict.judge(evidence)
                if all(line.holds for line in lines) or time.monotonic() > deadline:
                    return lines
            time.sleep(2)


def _report(run: Run, planned: list[Fault], lines: list[Line], quiet: float) -> Report:
    journal = availability.read_journal(run.journal)
    shares = availability.judge(journal, run.outages)
    worst = list(availability.unexcused(journal, run.outages))
    lines = lines + verdict.judge_availability(shares, worst)
    told = {
        order_id: story
        for order_id in verdict.orders_in(lines)
        if (story := timelines.tell(run.stage, order_id))
    }
    facts = {
        "faults": [str(fault) for fault in planned],
        "recovery": run.told,
        "seconds until quiet": round(quiet, 1),
        "requests": {kind: vars(share) for kind, share in shares.items()},
        "unexcused": worst,
        "kinds": dict(_count_kinds(journal)),
    }
    report = Report(run.seed, run.mode.name, lines, facts, told)
    report.write(run.stage.layout.run / "verdict.json")
    return report


def _count_kinds(journal: list[dict[str, object]]) -> Iterator[tuple[str, int]]:
    kinds = [str(entry["kind"]) for entry in journal]
    for kind in sorted(set(kinds)):
        yield kind, kinds.count(kind)
