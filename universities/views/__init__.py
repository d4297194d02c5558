"""Pages of this app, by noun."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from universities.models import University


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, be it nothing: an empty form that was sent is checked like any other."""
    return request.POST if request.method == "POST" else None


def form_page(
    request: HttpRequest, form: forms.BaseForm, *, title: str, submit: str, university: University | None, **more: Any
) -> HttpResponse:
    """A page that is one form; 422 where it comes back with errors."""
    context = {"form": form, "title": title, "submit": submit, "university": university, **more}
    return render(request, "universities/form.html", context, status=422 if form.errors else 200)
