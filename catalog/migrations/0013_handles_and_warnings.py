from django.db import migrations, models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

BATCH = 2000


def fill(apps, schema_editor):
    """What files know a product by is the first address that it had, unless another product lives
    there now. Some thousand products at a time, each batch by itself."""
    products = apps.get_model("catalog", "Product").objects
    redirects = apps.get_model("catalog", "SlugRedirect").objects
    lived_in = Exists(products.filter(slug=OuterRef("slug")))
    first = redirects.filter(~lived_in, product=OuterRef("pk")).order_by("id").values("slug")[:1]
    ids = products.order_by("id").values_list("id", flat=True)
    part = list(ids[:BATCH])
    while part:
        batch = products.filter(pk__gte=part[0], pk__lte=part[-1], handle="")
        batch.update(handle=Coalesce(Subquery(first), F("slug")), handle_guessed=True)
        part = list(ids.filter(pk__gt=part[-1])[:BATCH])


class Migration(migrations.Migration):
    # Shops go on writing meanwhile.
    atomic = False
    dependencies = [("catalog", "0012_words_of_constraints")]

    operations = [
        migrations.AlterField(
            model_name="brand",
            name="slug",
            field=models.SlugField(allow_unicode=True, max_length=120, unique=True),
        ),
        migrations.AlterField(
            model_name="category",
            name="slug",
            field=models.SlugField(allow_unicode=True, max_length=120, unique=True),
        ),
        migrations.AlterField(
            model_name="product",
            name="slug",
            field=models.SlugField(allow_unicode=True, max_length=255, unique=True),
        ),
        migrations.AlterField(
            model_name="slugredirect",
            name="slug",
            field=models.SlugField(allow_unicode=True, max_length=255, unique=True),
        ),
        migrations.AddField(
            model_name="product",
            name="handle",
            field=models.CharField(blank=True, db_default="", default="", max_length=255),
        ),
        migrations.AddField(
            model_name="product",
            name="handle_guessed",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY product_handle_once"
                    " ON catalog_product (handle) WHERE NOT (handle = '')",
                    "DROP INDEX product_handle_once",
                )
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="product",
                    constraint=models.UniqueConstraint(
                        condition=~Q(handle=""),
                        fields=["handle"],
                        name="product_handle_once",
                        violation_error_code="product_handle_once",
                        violation_error_message="Another product has this handle.",
                    ),
                )
            ],
        ),
        migrations.AddField(
            model_name="importrun",
            name="warnings",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="importrowerror",
            name="severity",
            field=models.CharField(
                choices=[("error", "Error"), ("warning", "Warning")],
                db_default="error",
                default="error",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="importrowerror",
            constraint=models.CheckConstraint(
                condition=Q(severity__in=["error", "warning"]), name="import_row_severity_known"
            ),
        ),
        migrations.CreateModel(
            name="WordIndex",
            fields=[
                (
                    "version",
                    models.PositiveSmallIntegerField(primary_key=True, serialize=False),
                ),
                ("after", models.UUIDField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
