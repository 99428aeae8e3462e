"""Products, their variants and pictures, categories, brands, and the imports that made them."""

from catalog.models.imports import ImportFile, ImportRowError, ImportRun
from catalog.models.products import (
    Bands,
    Brand,
    Category,
    FitsAnEntry,
    Product,
    ProductImage,
    SlugRedirect,
    StockLevel,
    TaxClass,
    Variant,
    WordIndex,
)

__all__ = [
    "Bands",
    "Brand",
    "Category",
    "FitsAnEntry",
    "ImportFile",
    "ImportRowError",
    "ImportRun",
    "Product",
    "ProductImage",
    "SlugRedirect",
    "StockLevel",
    "TaxClass",
    "Variant",
    "WordIndex",
]
