"""Celery's settings for Flower, which belongs to no service: the queues that its page shows. Every
service has one, and one of what could not be handled there."""

from kombu import Queue

from shared.services import SERVICES

task_queues = [Queue(name) for service in SERVICES for name in (service, f"{service}.dead")]
