from importlib import import_module

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations

FITS = import_module("catalog.migrations.0005_a_pool_for_facets").FITS


class Migration(migrations.Migration):
    """Samples are read by the index of the words, which has the buckets."""

    atomic = False
    dependencies = [("catalog", "0014_buckets_and_vocabulary")]

    operations = [
        RemoveIndexConcurrently(model_name="product", name="product_sample_idx"),
        RemoveIndexConcurrently(model_name="product", name="product_sample_wide_idx"),
        migrations.RunSQL("DROP FUNCTION catalog_fits_an_entry(text[])", FITS),
    ]
