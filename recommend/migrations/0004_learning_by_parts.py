
import django.utils.timezone
from datetime import timedelta

from django.db import migrations, models
from django.db.models import Count, Max
from django.utils import timezone

from recommend.rules import trend_weight

BATCH = 2000
LATELY = timedelta(days=60)


def count_what_is_known(apps, schema_editor):
    """Trends begin with what happened lately; every product that was bought is learnt anew."""
    purchases = apps.get_model("recommend", "Purchase").objects.order_by()
    unlearnt = apps.get_model("recommend", "Unlearnt")
    bought = purchases.values_list("product_id", flat=True).distinct()
    marks = [unlearnt(product_id=product_id) for product_id in bought]
    unlearnt.objects.bulk_create(marks, ignore_conflicts=True, batch_size=BATCH)
    trend = apps.get_model("recommend", "Trend")
    views = apps.get_model("recommend", "ProductView").objects.order_by()
    trends = {}
    for what, rows in (("bought", purchases), ("viewed", views)):
        lately = rows.filter(at__gte=timezone.now() - LATELY)
        for product_id, number, last in _count_by_day(lately):
            row = trends.setdefault(product_id, trend(product_id=product_id))
            _add(row, what, number, last)
    trend.objects.bulk_create(trends.values(), ignore_conflicts=True, batch_size=BATCH)


def _count_by_day(rows):
    by_day = rows.values("product_id", "at__date").annotate(number=Count("pk"), last=Max("at"))
    return by_day.values_list("product_id", "number", "last").order_by("product_id", "last")


def _add(row, what, number, last):
    setattr(row, what, getattr(row, what) + number)
    score = getattr(row, f"{what}_score") + number * trend_weight(last)
    setattr(row, f"{what}_score", score)
    setattr(row, f"{what}_at", last)


def forget_nothing(apps, schema_editor):
    """The tables go with their migration."""


class Migration(migrations.Migration):

    dependencies = [
        ('recommend', '0003_late_facts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Popularity',
            fields=[
                ('product_id', models.UUIDField(primary_key=True, serialize=False)),
                ('weight', models.FloatField()),
                ('at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='Trend',
            fields=[
                ('product_id', models.UUIDField(primary_key=True, serialize=False)),
                ('bought', models.IntegerField(default=0)),
                ('bought_score', models.FloatField(default=0)),
                ('bought_at', models.DateTimeField(null=True)),
                ('viewed', models.IntegerField(default=0)),
                ('viewed_score', models.FloatField(default=0)),
                ('viewed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Unlearnt',
            fields=[
                ('product_id', models.UUIDField(primary_key=True, serialize=False)),
                ('marked_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddIndex(
            model_name='pair',
            index=models.Index(fields=['other_id'], name='pair_other_idx'),
        ),
        migrations.AddIndex(
            model_name='purchase',
            index=models.Index(fields=['product_id', '-at'], name='purchase_of_product_idx'),
        ),
        migrations.AddIndex(
            model_name='trend',
            index=models.Index(fields=['-bought_score'], name='trend_bought_idx'),
        ),
        migrations.AddIndex(
            model_name='trend',
            index=models.Index(fields=['-viewed_score'], name='trend_viewed_idx'),
        ),
        migrations.RunPython(count_what_is_known, forget_nothing),
    ]
