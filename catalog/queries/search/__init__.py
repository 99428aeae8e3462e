"""Lists of products: what a search finds and filters leave. docs/search.md tells how."""

from catalog.queries.search.facets import Choice, Facet
from catalog.queries.search.listing import Listing, PageNotFound, list_products
