from django.db import migrations, models


class Migration(migrations.Migration):
    """The column stays as it is; Django knows from now on that it names an offer."""

    dependencies = [("cart", "0009_countries_of_tariffs")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("cartline", "cart_line_sku_once"),
                migrations.RemoveField("cartline", "sku"),
                migrations.AddField(
                    "cartline",
                    "offer",
                    models.ForeignKey(
                        db_column="sku",
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.deletion.DO_NOTHING,
                        related_name="+",
                        to="cart.offer",
                        to_field="sku",
                    ),
                    preserve_default=False,
                ),
                migrations.AddConstraint(
                    "cartline",
                    models.UniqueConstraint(fields=["cart", "offer"], name="cart_line_sku_once"),
                ),
            ],
        )
    ]
