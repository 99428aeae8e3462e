from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

from catalog.models import Buckets

# A sample is a quarter of the one before. Whoever changes this has to make the index again.
BUCKETS = """
CREATE OR REPLACE FUNCTION catalog_buckets(id uuid, in_stock boolean, rating_count int, category_id bigint)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT ARRAY[
    CASE WHEN right(id::text, 8) < '004' THEN 'sample5' WHEN right(id::text, 8) < '01' THEN 'sample4'
        WHEN right(id::text, 8) < '04' THEN 'sample3' WHEN right(id::text, 8) < '1' THEN 'sample2'
        WHEN right(id::text, 8) < '4' THEN 'sample1' ELSE 'sample0' END,
    'popularity' || CASE WHEN NOT in_stock THEN '0' WHEN rating_count < 1 THEN '1'
        WHEN rating_count < 4 THEN '2' WHEN rating_count < 16 THEN '3' WHEN rating_count < 64 THEN '4'
        WHEN rating_count < 256 THEN '5' WHEN rating_count < 1024 THEN '6'
        WHEN rating_count < 4096 THEN '7' ELSE '8' END,
    'category' || coalesce(category_id, 0)::text
] $$
"""
BANDS = """
CREATE OR REPLACE FUNCTION catalog_bands(id uuid, in_stock boolean, rating_count int, category_id bigint)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT NULL::text[] $$
"""
# The words that products have by now; ids and codes are no words.
VOCABULARY = """
INSERT INTO catalog_searchword (word)
SELECT word FROM ts_stat('SELECT search_vector FROM catalog_product')
WHERE word ~ '^[^[:digit:]]{3,64}$'
"""


class Migration(migrations.Migration):
    """Shops go on writing meanwhile; over a million products it takes some minutes."""

    atomic = False
    dependencies = [("catalog", "0013_handles_and_warnings")]

    operations = [
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("word", models.CharField(db_index=True, max_length=64)),
            ],
        ),
        migrations.RunSQL(VOCABULARY, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="searchword",
            index=GistIndex(
                OpClass("word", name="gist_trgm_ops"), name="search_word_trigram_idx"
            ),
        ),
        migrations.RunSQL(BUCKETS, "DROP FUNCTION catalog_buckets(uuid, boolean, int, bigint)"),
        AddIndexConcurrently(
            model_name="product",
            index=GinIndex(
                *("search_vector", "attributes", "option_pairs"),
                Buckets(),
                name="product_search_gin_idx",
            ),
        ),
        RemoveIndexConcurrently(model_name="product", name="product_gin_idx"),
        migrations.RunSQL("DROP FUNCTION catalog_bands(uuid, boolean, int, bigint)", BANDS),
        # Nothing is read by this one any more.
        RemoveIndexConcurrently(model_name="product", name="product_best_known_idx"),
        migrations.RenameIndex("product", "product_category_idx", old_name="product_shelf_idx"),
        migrations.RenameIndex("product", "product_sample_idx", old_name="product_drawn_idx"),
        migrations.RenameIndex(
            "product", "product_sample_wide_idx", old_name="product_drawn_wide_idx"
        ),
        # The planner knows nothing of a new index's expressions before.
        migrations.RunSQL("ANALYZE catalog_product", migrations.RunSQL.noop),
    ]
