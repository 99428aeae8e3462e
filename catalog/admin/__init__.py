"""The merchant's side: products with variants and pictures, shelves, imports. What is saved here is
settled by an operation afterwards, once a save."""

from catalog.admin import imports, products, shelves

__all__ = ["imports", "products", "shelves"]
