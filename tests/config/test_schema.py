"""The description of the API: made without a warning, with names that a person would give."""

import os
import re

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator


def test_schema_is_generated_and_valid_without_a_warning():
    call_command("spectacular", file=os.devnull, fail_on_warn=True, validate=True)


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def test_names_of_shapes_are_made_by_people(schema):
    hashed = [name for name in schema["components"]["schemas"] if re.search(r"[0-9a-f]{3}Enum$", name)]
    assert hashed == []


def test_every_act_says_what_it_takes_and_what_it_answers(schema):
    silent = [
        f"{verb} {path}"
        for path, verbs in schema["paths"].items()
        for verb, act in verbs.items()
        if verb in {"get", "post", "put", "patch"} and not any(code.startswith("2") for code in act["responses"])
    ]
    assert silent == []
