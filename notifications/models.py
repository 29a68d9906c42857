from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone

from core.ids import new_id


class Message(models.Model):
    """What a customer is told. `source` makes a second telling of the same fact impossible."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    about = models.UUIDField()
    kind = models.TextField()
    source = models.UUIDField(help_text="the event behind it")
    to = models.TextField()
    language = models.CharField(max_length=2)
    subject = models.TextField()
    text = models.TextField()
    html = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, default=timezone.now, help_text="when to try; empty once given up")
    attempts = models.IntegerField(default=0)
    error = models.TextField(default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "source"], name="message_once")]
        indexes = [
            models.Index(fields=["about"], name="message_about"),
            models.Index(fields=["due_at"], condition=Q(sent_at=None), name="message_due"),
            models.Index(Upper("to"), name="message_to"),
        ]

    @property
    def state(self) -> str:
        """`sent`, `waiting`, `retrying` or `failed`."""
        if self.sent_at:
            return "sent"
        if not self.error:
            return "waiting"
        return "retrying" if self.due_at else "failed"
