"""A stand-in for Stripe: the part of its API that a shop needs, on this machine, without a network.

Money, state machines, idempotency, test cards, events and signed webhooks behave as Stripe
documents them; everything is kept in one SQLite file. It needs the standard library only and
imports nothing of the shop. Start it with `python -m compose.demo.stripe --help`.
"""
