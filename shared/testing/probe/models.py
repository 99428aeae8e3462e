from django.db import models


class Effect(models.Model):
    """What a tick left behind; more than one row a tick is a fault of the kernel."""

    tick_id = models.UUIDField()

    def __str__(self) -> str:
        return str(self.tick_id)


class Switch(models.Model):
    """Something that a test turned on."""

    name = models.CharField(max_length=60, primary_key=True)

    def __str__(self) -> str:
        return self.name


class Echo(models.Model):
    """A copy of what somebody else says."""

    name = models.CharField(max_length=60, primary_key=True)
    text = models.CharField(max_length=60)
    version = models.BigIntegerField()
    removed = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.text
