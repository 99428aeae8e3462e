import pytest

from shared.testing.widths import assert_everything_fits

pytestmark = pytest.mark.django_db


def test_every_text_of_a_fact_fits_its_column():
    assert_everything_fits()
