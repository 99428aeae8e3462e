"""Every write of orders. Each locks the order's row first, so its steps happen one at a time;
each does nothing when its step was made before."""

from orders.operations.buying import (
    NotCancellable,
    PaymentDiffers,
    await_payment,
    cancel_order,
    end_without_stock,
    forget_customer,
    place_order,
    record_payment,
)
from orders.operations.fulfilment import (
    RefundTooLarge,
    ReturnUnknown,
    deliver_order,
    receive_return,
    record_refund,
    refund_order,
    request_return,
    ship_order,
)
from orders.operations.story import (
    WrongStatus,
)

__all__ = [
    "NotCancellable",
    "PaymentDiffers",
    "RefundTooLarge",
    "ReturnUnknown",
    "WrongStatus",
    "await_payment",
    "cancel_order",
    "deliver_order",
    "end_without_stock",
    "forget_customer",
    "place_order",
    "receive_return",
    "record_payment",
    "record_refund",
    "refund_order",
    "request_return",
    "ship_order",
]
