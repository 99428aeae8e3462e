"""Every fact is documented, and what was once sent is readable for ever."""

import json
import re
from collections import Counter
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.contracts.base import Event, MalformedFact
from shared.contracts.limits import limit_of
from shared.contracts.reference import producers
from shared.contracts.users import DataExportRequested, UserDeleted, UserRegistered
from shared.events.ids import uuid7
from shared.testing.widths import carried_by, text_fields

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
FACTS = [fact for service in producers().values() for fact in service]
every_fact = pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)


def sample(fact):
    """The newest sample. One that was once sent is never edited: where a fact gets a field, a new
    sample (<name>.2.json, <name>.3.json …) is put beside the old one."""
    later = sorted(SAMPLES.glob(f"{fact.name}.[0-9].json"))
    return json.loads([SAMPLES / f"{fact.name}.json", *later][-1].read_text())


@every_fact
def test_it_is_documented_and_named_in_the_past_tense_of_one_thing(fact):
    assert fact.__doc__
    assert not fact.__doc__.startswith(f"{fact.__name__}(")
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", fact.name)
    assert fact.aggregate in {spec.name for spec in fields(fact)}
    assert fact.schema_version >= 1


def test_no_two_facts_share_a_name():
    names = Counter(fact.name for fact in FACTS)

    assert [name for name, count in names.items() if count > 1] == []
    assert len(FACTS) >= 29


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_what_was_once_sent_is_read_for_ever(path):
    envelope = json.loads(path.read_text())
    kinds = {fact.name: fact for fact in FACTS}

    event = Event.from_envelope(envelope)
    fact = kinds[event.name].from_payload(event.payload)

    assert fact.aggregate_id == event.aggregate_id
    assert path.name.startswith(event.name)


@every_fact
def test_its_sample_says_every_field_and_comes_back_as_it_was(fact):
    envelope = sample(fact)
    event = Event.from_envelope(envelope)
    value = fact.from_payload(event.payload)

    assert set(event.payload) == {spec.name for spec in fields(fact)}
    assert value.to_payload() == event.payload
    assert event.to_envelope() == envelope
    assert fact.from_payload(json.loads(json.dumps(value.to_payload()))) == value


@every_fact
def test_unknown_fields_are_ignored_at_every_depth(fact):
    def with_more(value):
        if isinstance(value, dict):
            return {**{key: with_more(item) for key, item in value.items()}, "later": [{"x": 1}]}
        return [with_more(item) for item in value] if isinstance(value, list) else value

    payload = sample(fact)["payload"]

    assert fact.from_payload(with_more(payload)) == fact.from_payload(payload)


@every_fact
def test_a_missing_field_takes_its_default_or_is_malformed(fact):
    payload = sample(fact)["payload"]
    for spec in fields(fact):
        rest = {key: value for key, value in payload.items() if key != spec.name}
        if spec.default is MISSING and spec.default_factory is MISSING:
            with pytest.raises(MalformedFact, match=spec.name):
                fact.from_payload(rest)
        else:
            assert getattr(fact.from_payload(rest), spec.name) == spec.default


@every_fact
@pytest.mark.parametrize("wrong", [[], {"x": 1}, 7.5, "\0not it"], ids=repr)
def test_a_value_of_another_type_is_malformed(fact, wrong):
    payload = sample(fact)["payload"]
    for spec in fields(fact):
        was = payload[spec.name]
        if not isinstance(wrong, type(was)):
            with pytest.raises(MalformedFact):
                fact.from_payload({**payload, spec.name: wrong})


@pytest.mark.parametrize("payload", [None, [], "text", 7, True])
def test_what_is_no_object_is_malformed(payload):
    with pytest.raises(MalformedFact):
        UserRegistered.from_payload(payload)
    with pytest.raises(MalformedFact):
        Event.from_envelope(payload)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "x"},
        {"id": None},
        {"occurred_at": "yesterday"},
        {"occurred_at": 7},
        {"schema_version": True},
        {"aggregate_version": "1"},
        {"payload": []},
        {"trace": {"request_id": 7}},
    ],
    ids=repr,
)
def test_an_envelope_of_another_shape_is_malformed(change):
    with pytest.raises(MalformedFact):
        Event.from_envelope({**sample(UserRegistered), **change})


def test_the_envelope_keeps_the_moment_and_its_zone():
    now = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
    event = Event(id=uuid7(), name="x.y", schema_version=1, occurred_at=now, aggregate_id="1")

    assert Event.from_envelope(json.loads(json.dumps(event.to_envelope()))) == event
    assert event.to_envelope()["occurred_at"] == "2026-03-01T12:30:15.123456+00:00"


@every_fact
def test_a_fact_is_frozen(fact):
    value = fact.from_payload(sample(fact)["payload"])

    assert is_dataclass(value)
    with pytest.raises(AttributeError):
        setattr(value, fact.aggregate, "other")
    hash(value)


@every_fact
def test_it_says_how_long_its_texts_may_be(fact):
    for cls in carried_by(fact):
        for name in text_fields(cls):
            assert limit_of(cls, name), f"{cls.__name__}.{name}"


@pytest.mark.parametrize("fact", [UserDeleted, DataExportRequested])
def test_a_message_from_before_all_addresses_names_the_one(fact):
    old, new = (
        fact.from_payload(json.loads((SAMPLES / f"{fact.name}{part}.json").read_text())["payload"])
        for part in ("", ".2")
    )

    assert old.addresses == ("alice@souk.example",)
    assert new.addresses == new.emails
    assert fact.from_payload({**new.to_payload(), "email": "", "emails": []}).addresses == ()
