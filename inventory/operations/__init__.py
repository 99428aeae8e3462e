"""Every write of inventory. Rows of several SKUs are always changed in SKU order."""

from inventory.operations.levels import (
    MAX_UNITS,
    NotEnoughStock,
    Registration,
    adjust_stock,
    check_adjustment,
    declare_stock,
    publish_unpublished_stock,
    register_skus,
    republish_stock,
)
from inventory.operations.people import export_person, forget_person
from inventory.operations.reservations import (
    ReservationUnknown,
    commit_reservation,
    expire_reservations,
    receive_return,
    release_reservation,
    reserve_stock,
)
from inventory.operations.statements import state_due_reservations, state_reservations
