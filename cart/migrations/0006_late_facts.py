
from django.db import migrations, models
from django.db.models import Max


def know_products(apps, schema_editor):
    """What is copied already is as new as its offers say."""
    offers = apps.get_model("cart", "Offer").objects.order_by()
    newest = offers.values_list("product_id").annotate(version=Max("product_version"))
    known = apps.get_model("cart", "KnownProduct")
    known.objects.bulk_create(
        [known(product_id=product_id, version=version) for product_id, version in newest],
        ignore_conflicts=True,
        batch_size=2000,
    )


def forget_nothing(apps, schema_editor):
    """The table goes with its migration."""


class Migration(migrations.Migration):

    dependencies = [
        ("cart", "0005_stock_that_is_tracked"),
    ]

    operations = [
        migrations.CreateModel(
            name='KnownProduct',
            fields=[
                ('product_id', models.UUIDField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('removed', models.BooleanField(default=False)),
            ],
        ),
        migrations.AddField(
            model_name='offer',
            name='said_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(know_products, forget_nothing),
    ]
