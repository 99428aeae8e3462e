"""Every write of orders. Each locks the order's row first, so its steps happen one at a time;
each does nothing when its step was made before."""

from orders.operations.buying import (
    NotCancellable,
    PaymentDiffers,
    await_payment,
    cancel_order,
    end_unpayable,
    end_without_stock,
    place_order,
    record_payment,
)
from orders.operations.erasing import forget_customer, forget_ended
from orders.operations.exporting import export_person
from orders.operations.finding import claim_missed, mail_link, take_account
from orders.operations.fulfilment import (
    OrderOnHold,
    ReturnUnknown,
    deliver_order,
    hold_of,
    receive_return,
    request_return,
    ship_order,
)
from orders.operations.reconciling import (
    ask_for_statements,
    compare_payments,
    compare_reservations,
    look_again,
    request_statements,
)
from orders.operations.refunding import (
    RefundDisputed,
    RefundOutdated,
    RefundTooLarge,
    left_to_refund,
    note_refund,
    record_dispute,
    record_failed_refund,
    record_refund,
    refund_order,
)
from orders.operations.transitions import WrongStatus
