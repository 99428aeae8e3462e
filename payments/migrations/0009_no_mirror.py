from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0008_forgotten_orders'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='providerevent',
            name='provider_event_unmirrored_idx',
        ),
        migrations.RemoveField(
            model_name='providerevent',
            name='unmirrored',
        ),
    ]
