from django.db import migrations
from django.db.models import OuterRef, Subquery


def name_people(apps, schema_editor):
    """Mails of accounts were kept without naming the account."""
    deliveries = apps.get_model("notify", "Delivery").objects
    people = apps.get_model("notify", "Recipient").objects.filter(erased=False).exclude(email="")
    mails = deliveries.filter(topic="account_mail", user_id=None)
    of = people.filter(email=OuterRef("recipient")).order_by("user_id")
    mails.filter(recipient__in=people.values("email")).update(
        user_id=Subquery(of.values("user_id")[:1])
    )


class Migration(migrations.Migration):

    dependencies = [
        ('notify', '0003_words_of_constraints'),
    ]

    operations = [
        migrations.RunPython(name_people, migrations.RunPython.noop),
    ]
