"""Every write of recommend."""

from recommend.operations.products import take_product, take_rating, withdraw_product
from recommend.operations.signals import (
    claim_purchase,
    export_person,
    forget_customer,
    forget_old_views,
    forget_purchase,
    record_purchase,
    record_view,
)
from recommend.operations.training import mark_unlearnt, train_copurchases
