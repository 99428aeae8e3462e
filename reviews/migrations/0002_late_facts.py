
from django.db import migrations, models

# A name that was never chosen was made of the address: it has no space in it, and is lower-case or
# has signs that names do not have. Whoever chose one like that shows it again with the next change
# of the account.
LIKE_AN_ADDRESS = r"^([a-z0-9._+%'-]+|[A-Za-z._+%'-]*[0-9._+%][A-Za-z0-9._+%'-]*)$"


def forget_addresses(apps, schema_editor):
    reviews = apps.get_model("reviews", "Review").objects
    reviews.filter(author_name__regex=LIKE_AN_ADDRESS).update(author_name="")


def restore_nothing(apps, schema_editor):
    """What was published by mistake does not come back."""


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Author',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('version', models.BigIntegerField()),
                ('removed', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('total', models.DecimalField(decimal_places=3, max_digits=16, null=True)),
                ('refunded', models.DecimalField(decimal_places=3, default=0, max_digits=16)),
                ('version', models.BigIntegerField()),
                ('removed', models.BooleanField(default=False)),
            ],
        ),
        migrations.AddField(
            model_name='product',
            name='removed',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunPython(forget_addresses, restore_nothing),
    ]
