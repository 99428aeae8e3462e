"""A product file goes in by the API, and its report comes out."""

from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shared.testing.events import run_enqueued_jobs
from shared.testing.users import MIA

IMPORTS = "/catalog/api/v1/imports/"
PRODUCTS = "/catalog/api/v1/products/"


@pytest.fixture
def send(api_of):
    """`send(head, *rows)` imports a file and gives its report."""

    def send(head, *rows, encoding="utf-8", **fields):
        data = "\r\n".join([head, *rows]).encode(encoding)
        wish = {"file": SimpleUploadedFile("products.csv", data), **fields}
        answer = api_of(MIA).post(IMPORTS, wish, format="multipart")
        if answer.status_code != 202:
            return answer.json()
        run_enqueued_jobs()
        return api_of(MIA).get(answer["Location"]).json()

    return send


@pytest.fixture
def see(api_of):
    """A product by its address, as a merchant sees it."""

    def see(slug):
        answer = api_of(MIA).get(f"{PRODUCTS}{quote(slug)}/")
        assert answer.status_code == 200, slug
        return answer.json()

    return see
