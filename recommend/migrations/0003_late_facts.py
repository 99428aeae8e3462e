
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recommend', '0002_amounts_of_any_currency'),
    ]

    operations = [
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('removed', models.BooleanField(default=False)),
            ],
        ),
        migrations.AddField(
            model_name='product',
            name='removed',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
