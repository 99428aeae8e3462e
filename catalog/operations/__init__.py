"""Every write of catalog. Whatever changes a product ends in `denormalise`: derived columns, a new
version, and one ProductChanged."""

from catalog.operations.categories import (
    CategoryInUse,
    MoveIntoItself,
    change_category,
    create_category,
    ensure_brand,
    ensure_category,
    remove_category,
    rename_brand,
)
from catalog.operations.exporting import export_person
from catalog.operations.importing import (
    FileTooLarge,
    UnknownFormat,
    import_products,
    request_import,
    resume_imports,
    run_import,
)
from catalog.operations.indexing import index_products
from catalog.operations.people import forget_person
from catalog.operations.products import (
    InvalidProduct,
    NotSellable,
    SkuTaken,
    SlugTaken,
    StaleVersion,
    change_status,
    create_product,
    finish_edit,
    free_handle,
    remove_product,
    republish_products,
    update_product,
)
from catalog.operations.read_models import apply_rating, apply_stock, note_restored, note_withheld
