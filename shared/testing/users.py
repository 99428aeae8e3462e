"""The cast of every test: Alice buys, Bob buys too, Carol is nobody (signed in, without anything),
Mia is the merchant, Otto runs operations."""

from uuid import UUID

from shared.auth.principal import Principal

ALICE = Principal(UUID("00000000-0000-7000-8000-00000000a11c"), "alice@souk.example", "Alice")
BOB = Principal(UUID("00000000-0000-7000-8000-000000000b0b"), "bob@souk.example", "Bob")
CAROL = Principal(UUID("00000000-0000-7000-8000-0000000ca201"), "carol@souk.example", "Carol")
MIA = Principal(
    UUID("00000000-0000-7000-8000-00000000031a"),
    "mia@souk.example",
    "Mia",
    frozenset({"catalogue", "fulfilment", "support"}),
)
OTTO = Principal(
    UUID("00000000-0000-7000-8000-000000000770"), "otto@souk.example", "Otto", frozenset({"owner"})
)
