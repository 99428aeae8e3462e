"""The local mail catcher: takes every mail, delivers none, shows them at /ops/mailbox/.

Stands alone, without Django and without any other part of the platform.
"""
