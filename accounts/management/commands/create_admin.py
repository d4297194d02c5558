"""The first administrator, made on the server by whoever runs it: every later one is made by another administrator."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import Role, User
from accounts.services import create_person, grant_role
from core.clock import server_now
from core.errors import DomainError


class Command(BaseCommand):
    help = "Make somebody an administrator: a new account, or the one that has this address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="for a new account")
        parser.add_argument("--zone", default="UTC", help="for a new account, such as Europe/Paris")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                person = User.objects.filter(email=options["email"].strip().lower()).first() or self._new(options)
                grant_role(person, Role.ADMINISTRATOR, actor=None, at=server_now())
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(self.style.SUCCESS(f"{person.name} <{person.email}> is an administrator."))

    def _new(self, options: dict[str, Any]) -> User:
        if not options["name"]:
            raise CommandError("There is no account with this address. Give --name to make one.")
        password = sys.stdin.readline().rstrip("\n") if options["password_stdin"] else self._ask()
        person = User(email=options["email"], name=options["name"])
        try:
            validate_password(password, person)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        return create_person(
            email=options["email"],
            name=options["name"],
            zone=options["zone"],
            password=password,
            actor=None,
            at=server_now(),
        )

    def _ask(self) -> str:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Password again: ") != password:
            raise CommandError("The passwords differ.")
        return password
