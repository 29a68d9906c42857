from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from core.ids import new_id


class Customer(models.Model):
    """A person or a firm that buys, known by e-mail or by the number another system gave."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.TextField(default="", blank=True)
    external_id = models.TextField(default="", blank=True)
    first_name = models.TextField(default="", blank=True)
    last_name = models.TextField(default="", blank=True)
    phone = models.TextField(default="", blank=True)
    language = models.CharField(max_length=2, default="en")
    country = models.CharField(max_length=2, default="", blank=True)
    version = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="customer_email_once"),
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="customer_external_id_once"
            ),
        ]
        indexes = [
            models.Index(fields=["last_name", "id"], name="customer_by_name"),
            models.Index(fields=["created_at", "id"], name="customer_by_age"),
        ]

    @property
    def name(self) -> str:
        """How to call them."""
        return f"{self.first_name} {self.last_name}".strip() or self.email or self.external_id
