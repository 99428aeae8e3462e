"""Products, their variants and pictures, categories, brands, and the imports that made them."""

from catalog.models.imports import ImportFile, ImportRowError, ImportRun
from catalog.models.products import (
    Brand,
    Buckets,
    Category,
    Product,
    ProductImage,
    SearchWord,
    SlugRedirect,
    StockLevel,
    TaxClass,
    Variant,
    WordIndex,
)
