from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models

from shared.database.amounts import AmountField, check_step


def field(currency: str, settings: Any, **options: Any) -> AmountField:
    settings.CURRENCY = currency
    return AmountField(**options)


def accepts(field: AmountField, text: str) -> bool:
    try:
        field.formfield().clean(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("currency", "good", "too_fine"),
    [
        ("EUR", ["19.99", "0", "7"], ["19.999", "0.001"]),
        ("JPY", ["1999", "0"], ["19.50", "0.5"]),
        ("KWD", ["1.230", "1.23"], ["1.234", "1.2301"]),
        ("MGA", ["5"], ["5.20"]),
    ],
)
def test_forms_take_what_can_be_paid_in_the_currency(settings, currency, good, too_fine):
    amount = field(currency, settings)

    assert [text for text in good if not accepts(amount, text)] == []
    assert [text for text in too_fine if accepts(amount, text)] == []


@pytest.mark.parametrize("text", ["1" * 40, "1e40", "NaN", "Infinity", "-1e-40"])
def test_hostile_numbers_are_refused_like_others(settings, text):
    assert not accepts(field("EUR", settings), text)


def test_the_sentence_names_the_step(settings):
    settings.CURRENCY = "KWD"
    with pytest.raises(ValidationError, match=r"Amounts in KWD go in steps of 0\.010\."):
        check_step(Decimal("1.234"))


@pytest.mark.parametrize(
    ("currency", "shown"), [("EUR", "1999.00"), ("JPY", "1999"), ("KWD", "1999.000")]
)
def test_a_row_is_read_with_the_digits_of_the_currency(settings, currency, shown):
    amount = field(currency, settings)

    assert str(amount.from_db_value(Decimal("1999.000"), None, connection)) == shown
    assert amount.from_db_value(None, None, connection) is None


def test_what_is_finer_than_the_currency_is_not_lost(settings):
    assert field("JPY", settings).from_db_value(Decimal("6.900"), None, connection) == Decimal(
        "6.9"
    )


def test_the_column_is_the_same_for_every_currency(settings):
    for currency in ("EUR", "JPY", "KWD"):
        amount = field(currency, settings, null=True, default=Decimal(0))
        _, path, _, options = amount.deconstruct()

        assert amount.db_type(connection) == "numeric(15, 3)"
        assert path == "django.db.models.DecimalField"
        assert options == {"null": True, "default": 0, "max_digits": 15, "decimal_places": 3}
        assert isinstance(amount.clone(), models.DecimalField)
