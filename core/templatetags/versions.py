"""What a form must carry so that two people at once are told of each other (core/versions.py)."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.versions import FIELD, token

register = template.Library()


@register.simple_tag
def version(shown: object) -> SafeString:
    """The hidden field with the version that the page shows, and when it was read."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, token(shown))
