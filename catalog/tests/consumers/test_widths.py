import pytest

from shared.testing.widths import assert_everything_fits, assert_limits_are_the_columns

pytestmark = pytest.mark.django_db


def test_every_text_of_a_fact_fits_its_column():
    assert_everything_fits()


def test_no_column_is_wider_than_the_contract_says():
    assert_limits_are_the_columns()
