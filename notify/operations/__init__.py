"""Every write of notify, one topic a file."""

from notify.operations.deliveries import (
    DeliveryNotFailed,
    Notice,
    forget_old_deliveries,
    queue_notice,
    resend_delivery,
    send_test_mail,
)
from notify.operations.exporting import export_person
from notify.operations.inbox import (
    mark_all_read,
    mark_read,
    notify_staff_about_failed_refund,
    notify_staff_about_low_stock,
)
from notify.operations.orders import (
    OrderUnknown,
    mail_order_link,
    notify_order_step,
    notify_payment_failed,
    notify_refund,
    take_claim,
)
from notify.operations.people import (
    PreferenceRequired,
    change_preferences,
    forget_mails_of_erased,
    forget_order,
    forget_person,
    remember_person,
    send_account_mail,
    welcome_person,
)
from notify.operations.sending import send_delivery, send_waiting_deliveries
