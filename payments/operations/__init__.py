"""Every write of payments, one topic a file."""

from payments.operations.exporting import export_person
from payments.operations.foreign import look_for_foreign, record_dispute
from payments.operations.intents import (
    AlreadyPaid,
    NotPayable,
    PaymentExpired,
    advance_payment,
    cancel_intent,
    confirm_payment,
    create_intent,
    forget_customer,
    forget_order,
    open_payment,
    sync_intent,
    take_claim,
    want_cancellation,
)
from payments.operations.outcomes import (
    AmountDiffers,
    IntentDiffers,
    MoneyForCancelled,
    record_creation,
    record_intent,
    record_refusal,
)
from payments.operations.refunds import (
    RefundDiffers,
    RefundDisputed,
    RefundNotFailed,
    RefundNotFound,
    RefundTooLarge,
    record_refund,
    request_refund,
    retry_refund,
    send_refund,
)
from payments.operations.statements import state_due_payments, state_payments
from payments.operations.sweeping import sweep
from payments.operations.webhooks import (
    EndpointNotFound,
    configure_endpoint,
    ensure_endpoint,
    forget_old_events,
    get_endpoint,
    handle_webhook,
    receive_webhook,
)
