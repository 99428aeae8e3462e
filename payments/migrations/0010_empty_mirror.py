from django.db import migrations

# What dj-stripe copied from the provider while it fetched each object. TRUNCATE empties what refers
# to them, too: invoices, sessions, payment methods. Its webhook endpoints and events refer to none.
MIRROR = ["charge", "customer", "dispute", "paymentintent", "refund"]


def empty_mirror(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        tables = [table for name in MIRROR if (table := f"djstripe_{name}") in there]
        if tables:
            cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")


class Migration(migrations.Migration):

    dependencies = [
        ("payments", "0009_no_mirror"),
    ]

    operations = [migrations.RunPython(empty_mirror, migrations.RunPython.noop)]
