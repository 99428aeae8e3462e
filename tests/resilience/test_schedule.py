"""The faults of a run come from its seed alone, fill its time and end before it does."""

import os
import random

import pytest

from compose.local.layout import Layout
from tests.resilience import faults, proof
from tests.resilience.__main__ import of_currency, read_options
from tests.resilience.broker import facts_of, shuffled
from tests.resilience.schedule import SERVICES, currency_of, draw

MODES = [proof.QUICK, proof.FULL]
SEEDS = range(25)


def plan(mode, seed):
    return draw(seed, seconds=mode.seconds, rounds=mode.rounds, full=mode is proof.FULL)


def kinds():
    return {fault.kind for mode in MODES for seed in SEEDS for fault in plan(mode, seed)}


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_the_same_seed_gives_the_same_plan(mode):
    assert plan(mode, 7) == plan(mode, 7)
    assert plan(mode, 7) != plan(mode, 8)


def test_a_seed_says_what_the_shop_sells_in():
    assert {currency_of(seed) for seed in SEEDS} == {"EUR", "JPY"}
    assert currency_of(11) == currency_of(11) == "JPY"


def test_the_seed_chooses_where_nobody_says_a_currency(capsys):
    assert read_options([]).currency is None
    assert read_options(["--full", "--currency", "KWD"]).currency == "KWD"
    with pytest.raises(SystemExit):
        read_options(["--currency", "ZZZ"])
    assert "--currency" in capsys.readouterr().err


def test_a_currency_has_a_run_directory_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("SOUK_CURRENCY", "")
    monkeypatch.setenv("SOUK_RUN_DIR", "")
    layout = Layout(tmp_path, tmp_path / "prove")

    assert of_currency(layout, "EUR") == layout
    yen = of_currency(layout, "JPY")
    assert (yen.run, yen.for_tests) == (tmp_path / "prove" / "jpy" / "prove", True)
    assert (os.environ["SOUK_CURRENCY"], os.environ["SOUK_RUN_DIR"]) == ("JPY", str(yen.run))


def test_facts_that_were_held_back_all_come_and_some_twice():
    held = list(range(40))
    told = shuffled(held, random.Random(1))

    assert sorted(set(told)) == held
    assert len(held) < len(told) < 2 * len(held)
    assert told == shuffled(held, random.Random(1)) != sorted(told)


def test_every_service_has_facts_that_can_be_held_back():
    assert all(facts_of(name) for name in SERVICES)
    assert "payment.refunded" in facts_of("orders")


def test_the_full_proof_has_forty_faults_or_more():
    assert all(len(plan(proof.FULL, seed)) >= 40 for seed in SEEDS)


def test_the_full_proof_does_every_kind_of_damage_whatever_the_seed():
    assert all({fault.kind for fault in plan(proof.FULL, seed)} == kinds() for seed in SEEDS)


def test_every_kind_can_be_inflicted_and_every_maker_is_used():
    assert kinds() == {*faults._MAKERS, *faults.PROVIDER_FAULTS}


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_all_faults_come_in_order_and_end_before_the_run(mode):
    for seed in SEEDS:
        planned = plan(mode, seed)

        assert [fault.at for fault in planned] == sorted(fault.at for fault in planned)
        assert all(fault.at > 0 and fault.at + fault.lasts < mode.seconds for fault in planned)


def test_a_fault_says_what_it_does_to_whom_and_for_how_long():
    told = {str(fault).partition(" for ")[0] for fault in plan(proof.FULL, 1)}

    assert {"stop rabbitmq", "crash postgresql", "webhooks_lost provider"} <= told
    assert any(str(fault) == "stop rabbitmq for 30 s" for fault in plan(proof.FULL, 1))
