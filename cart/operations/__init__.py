"""Every write of cart, one topic a file."""

from cart.operations.checkout import (
    CartChanged,
    CheckoutRequest,
    check_out,
    close_cart,
    end_checkout,
    forget_customer,
)
from cart.operations.exporting import export_person
from cart.operations.idempotency import forget_additions
from cart.operations.items import (
    CartEmpty,
    InvalidQuantity,
    NotEnoughStock,
    NotForSale,
    NotInCart,
    UnknownSku,
    add_item,
    add_item_once,
    apply_coupon,
    merge_guest_cart,
    remove_coupon,
    remove_item,
    set_quantity,
)
from cart.operations.read_models import (
    take_offers,
    take_stock_level,
    withdraw_offers,
    withhold_offers,
)
