"""The merchant's side: products with variants and pictures, categories, imports. What is saved here
is denormalised by an operation afterwards, once a save."""

from catalog.admin import categories, imports, products
