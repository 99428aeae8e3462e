import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from shared.storefront.caching import OWN_SECONDS, own, personal, public


def answer(decorate, status=200):
    return decorate(lambda request: HttpResponse(status=status))(RequestFactory().get("/"))


@pytest.mark.parametrize("status", [200, 301, 404])
def test_what_is_public_is_kept_by_the_gateway_and_asked_for_again_by_browsers(status):
    response = answer(public(5), status)
    assert response["X-Accel-Expires"] == "5"
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=5"


def test_a_public_page_that_failed_is_not_kept():
    assert not answer(public(5), 500).has_header("X-Accel-Expires")


def test_what_is_personal_is_kept_by_nobody():
    response = answer(personal)
    assert response["Cache-Control"] == "private, no-store"
    assert not response.has_header("X-Accel-Expires")


def test_an_own_part_is_kept_by_the_gateway_for_seconds_and_by_no_browser():
    response = answer(own)
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Accel-Expires"] == str(OWN_SECONDS)


@pytest.mark.parametrize("status", [204, 302, 403, 500])
def test_an_own_part_that_is_not_shown_is_not_kept(status):
    assert not answer(own, status).has_header("X-Accel-Expires")
