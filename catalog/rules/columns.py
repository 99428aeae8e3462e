"""The columns of Shopify's product CSV: the names that are used here are its older ones."""

# What Shopify calls them now, or called them once, in small letters.
ALIASES = {
    "url handle": "Handle",
    "description": "Body (HTML)",
    "standardized product type": "Product Category",
    "custom product type": "Type",
    "published on online store": "Published",
    "published status": "Published",
    "sku": "Variant SKU",
    "barcode": "Variant Barcode",
    "barcodes": "Variant Barcode",
    "variant barcodes": "Variant Barcode",
    "price": "Variant Price",
    "compare-at price": "Variant Compare At Price",
    "charge tax": "Variant Taxable",
    "tax code": "Variant Tax Code",
    "inventory tracker": "Variant Inventory Tracker",
    "inventory quantity": "Variant Inventory Qty",
    "continue selling when out of stock": "Variant Inventory Policy",
    "weight value (grams)": "Variant Grams",
    "product image url": "Image Src",
}
KNOWN = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published",
    "Status", "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name",
    "Option3 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Inventory Policy", "Variant Price",
    "Variant Compare At Price", "Variant Taxable", "Variant Tax Code", "Variant Barcode",
    "Image Src", "Image Position", "Image Alt Text", "Gift Card", "SEO Title", "SEO Description",
)  # fmt: skip
NAMES = {name.lower(): name for name in KNOWN} | ALIASES
# A file that has all of these tells all variants of its products.
WHOLE = {
    "Option1 Name", "Option1 Value", "Variant SKU", "Variant Grams", "Variant Barcode",
    "Variant Compare At Price",
}  # fmt: skip
