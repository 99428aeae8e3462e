import django.contrib.postgres.fields
import django.contrib.postgres.indexes
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
    GROUP BY v.product_id
) AS found
WHERE found.product_id = p.id
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_lists_of_many_products")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="option_pairs",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), default=list, size=None
            ),
        ),
        migrations.RunSQL(PAIRS, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="product",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["option_pairs"], name="product_option_pairs_idx"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("min_price__isnull", False), ("status", "active")),
                fields=["category"],
                name="product_shelf_idx",
            ),
        ),
    ]
