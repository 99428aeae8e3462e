import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

# As catalog.rules.product.list_option_pairs, which sorts by code points.
PAIRS = """
UPDATE catalog_product AS p SET option_pairs = found.pairs
FROM (
    SELECT v.product_id, array_agg(DISTINCT one.entry || chr(30) || other.entry) AS pairs
    FROM catalog_variant AS v,
        LATERAL (SELECT key || chr(31) || value AS entry FROM jsonb_each_text(v.options)) AS one,
        LATERAL (SELECT key || chr(31) || value AS entry FROM jsonb_each_text(v.options)) AS other
    WHERE one.entry COLLATE "C" < other.entry COLLATE "C"
        AND v.product_id > %(after)s AND v.product_id <= %(last)s
    GROUP BY v.product_id
) AS found
WHERE found.product_id = p.id
"""
BATCH = """
SELECT max(id::text)::uuid FROM (
    SELECT id FROM catalog_product WHERE id > %s ORDER BY id LIMIT 5000
) AS batch
"""
FIRST = "00000000-0000-0000-0000-000000000000"


def fill(apps, schema_editor):
    """Some thousand products at a time, each batch by itself, so that nobody waits for the rest."""
    with schema_editor.connection.cursor() as cursor:
        after = FIRST
        while True:
            cursor.execute(BATCH, [after])
            last = cursor.fetchone()[0]
            if last is None:
                return
            cursor.execute(PAIRS, {"after": after, "last": last})
            after = last


class Migration(migrations.Migration):
    # Shops go on writing meanwhile.
    atomic = False
    dependencies = [("catalog", "0003_lists_of_many_products")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="option_pairs",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), default=list, size=None
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexConcurrently(
            model_name="product",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["option_pairs"], name="product_option_pairs_idx"
            ),
        ),
        AddIndexConcurrently(
            model_name="product",
            index=models.Index(
                condition=models.Q(("min_price__isnull", False), ("status", "active")),
                fields=["category"],
                name="product_shelf_idx",
            ),
        ),
    ]
