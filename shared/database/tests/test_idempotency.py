import pytest

from shared.database.idempotency import find_repeated
from shared.errors import IdempotencyKeyReused
from shared.testing.probe.models import Echo

pytestmark = pytest.mark.django_db
TEA = Echo.objects.filter(name="tea")


def test_the_first_request_with_a_key_finds_nothing():
    assert find_repeated(TEA, text="black") is None


def test_a_repeated_one_finds_what_the_first_one_made():
    made = Echo.objects.create(name="tea", text="black", version=1)

    assert find_repeated(TEA, text="black", version=1) == made


def test_another_one_with_the_same_key_is_refused():
    Echo.objects.create(name="tea", text="black", version=1)

    with pytest.raises(IdempotencyKeyReused):
        find_repeated(TEA, text="green", version=1)
