from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # People go on signing up meanwhile. Every account of before is to be told of anew.
    atomic = False
    dependencies = [("users", "0004_words_of_constraints")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="untold",
            field=models.BooleanField(db_default=True, default=True, editable=False),
        ),
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(
                condition=models.Q(("is_active", True), ("untold", True)),
                fields=["id"],
                name="user_untold_idx",
            ),
        ),
    ]
