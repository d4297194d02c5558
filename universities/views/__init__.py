"""Pages of this app, by noun."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User
from universities.models import University


def signed_in(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def form_page(
    request: HttpRequest, form: forms.BaseForm, *, title: str, submit: str, university: University | None, **more: Any
) -> HttpResponse:
    """A page that is one form; 422 where it comes back with errors."""
    context = {"form": form, "title": title, "submit": submit, "university": university, **more}
    return render(request, "universities/form.html", context, status=422 if form.errors else 200)
