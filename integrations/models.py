from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from core.ids import new_id


class ApiKey(models.Model):
    """A program that may call the API; only a digest of its key is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.TextField(unique=True)
    digest = models.TextField(unique=True)
    scopes = ArrayField(models.TextField(), default=list)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
