from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

# A ring is a quarter of what lies within it. Whoever changes this has to make the index again.
BANDS = """
CREATE OR REPLACE FUNCTION catalog_bands(id uuid, in_stock boolean, rating_count int, category_id bigint)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT ARRAY[
    CASE WHEN right(id::text, 8) < '004' THEN 'ring5' WHEN right(id::text, 8) < '01' THEN 'ring4'
        WHEN right(id::text, 8) < '04' THEN 'ring3' WHEN right(id::text, 8) < '1' THEN 'ring2'
        WHEN right(id::text, 8) < '4' THEN 'ring1' ELSE 'ring0' END,
    CASE WHEN NOT in_stock THEN 'known0' WHEN rating_count < 1 THEN 'known1'
        WHEN rating_count < 4 THEN 'known2' WHEN rating_count < 16 THEN 'known3'
        WHEN rating_count < 64 THEN 'known4' WHEN rating_count < 256 THEN 'known5'
        WHEN rating_count < 1024 THEN 'known6' WHEN rating_count < 4096 THEN 'known7'
        ELSE 'known8' END,
    'shelf' || coalesce(category_id, 0)::text
] $$
"""


class Bands(models.Func):
    function = "catalog_bands"
    output_field = ArrayField(models.TextField())

    def __init__(self):
        super().__init__("id", "in_stock", "rating_count", "category_id")


class Migration(migrations.Migration):
    """Shops go on writing meanwhile; over a million products it takes some minutes."""

    atomic = False
    dependencies = [("catalog", "0005_a_pool_for_facets")]

    operations = [
        migrations.RunSQL(BANDS, "DROP FUNCTION catalog_bands(uuid, boolean, int, bigint)"),
        AddIndexConcurrently(
            model_name="product",
            index=GinIndex(
                "search_vector", "attributes", "option_pairs", Bands(), name="product_gin_idx"
            ),
        ),
        RemoveIndexConcurrently(model_name="product", name="product_search_idx"),
        RemoveIndexConcurrently(model_name="product", name="product_attributes_idx"),
        RemoveIndexConcurrently(model_name="product", name="product_option_pairs_idx"),
        # Another one is in this order, and nothing is read by this one any more.
        RemoveIndexConcurrently(model_name="product", name="product_shuffled_idx"),
        # The planner knows nothing of a new index's expressions before.
        migrations.RunSQL("ANALYZE catalog_product", migrations.RunSQL.noop),
    ]
