from django import forms

from orders.selectors import Filters


class FilterForm(forms.Form):
    """The filters of the order list as they stand in the address. What cannot be read is left out."""

    q = forms.CharField(required=False, max_length=200)
    status = forms.CharField(required=False, max_length=30)
    channel = forms.CharField(required=False, max_length=60)
    stage = forms.CharField(required=False, max_length=30)
    day = forms.DateField(required=False)
    since = forms.DateField(required=False)
    late = forms.BooleanField(required=False)
    customer = forms.UUIDField(required=False)

    def filters(self) -> Filters:
        """The filters that are usable."""
        self.is_valid()
        values = self.cleaned_data
        return Filters(
            text=values.get("q", ""),
            status=values.get("status", ""),
            channel=values.get("channel", ""),
            stage=values.get("stage", ""),
            day=values.get("day"),
            since=values.get("since"),
            late=values.get("late", False),
            customer=values.get("customer"),
        )
