"""Pages of a list."""

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request


class Pages(PageNumberPagination):
    """`?page=2`, in ASCII digits."""

    def get_page_number(self, request: Request, paginator: Any) -> int | str:
        number = super().get_page_number(request, paginator)
        if isinstance(number, str) and not (number.isascii() and number.isdigit()):
            raise NotFound("There is no such page.")
        return number
