import pytest
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from shared.api.pagination import Pages


class TwoPages(Pages):
    page_size = 2


def page(text):
    request = Request(APIRequestFactory().get("/", {"page": text}))
    return TwoPages().paginate_queryset([1, 2, 3], request)


def test_it_gives_the_page_that_was_asked_for():
    assert page("2") == [3]


@pytest.mark.parametrize("text", ["0_2", "٢", "２", "+2", " 2", "2.0", "x"])
def test_a_page_is_a_number_in_ascii_digits(text):
    with pytest.raises(NotFound):
        page(text)
