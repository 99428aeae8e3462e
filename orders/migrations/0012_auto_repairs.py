from django.db import migrations, models


def rename_outcome(old, new):
    def rename(apps, schema_editor):
        apps.get_model("orders", "Discrepancy").objects.filter(outcome=old).update(outcome=new)

    return rename


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_what_the_bank_took")]

    operations = [
        migrations.RenameField("discrepancy", "mends", "auto_repairs"),
        migrations.RenameField("discrepancy", "mended_at", "repaired_at"),
        migrations.AlterField(
            model_name="discrepancy",
            name="outcome",
            field=models.CharField(
                choices=[("open", "Open"), ("repaired", "Repaired"), ("gone", "Gone")],
                default="open",
                max_length=10,
            ),
        ),
        migrations.RunPython(
            rename_outcome("mended", "repaired"), rename_outcome("repaired", "mended")
        ),
    ]
