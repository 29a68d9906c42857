"""The shell's own page that shows every component."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from backoffice import samples


@login_required
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component with its states, in the theme and language of the reader."""
    return render(request, "backoffice/styleguide.html", samples.everything())
