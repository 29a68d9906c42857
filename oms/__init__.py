import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")

from oms.celery import app as celery_app

__all__ = ["celery_app"]
