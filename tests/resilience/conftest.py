import pytest

from compose.local.layout import find_layout
from tests.journeys.conftest import shelf, shop, thing
from tests.journeys.shop import Shop
from tests.resilience.stage import Stage
from tests.resilience.visit import Visit

__all__ = ["shelf", "shop", "thing"]


@pytest.fixture(scope="session")
def stage() -> Stage:
    """The running shop, seen from behind."""
    return Stage(find_layout())


@pytest.fixture(scope="session")
def visitors(shop: Shop, shelf: list[dict[str, str]]) -> Visit:
    shop.set_stock(shelf[0]["sku"], 20)
    return Visit(shop, shelf[0])


@pytest.fixture
def visit(visitors: Visit, thing: dict[str, str]) -> Visit:
    """The same people; what they buy is on the shelf, and somebody has looked at its page and at
    those that lead there."""
    visitors.thing = thing
    for path in ("/", "/catalog/", f"/catalog/products/{thing['slug']}/"):
        assert visitors.shop.page(path).status_code == 200
    return visitors
