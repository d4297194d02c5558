"""What forms share: amounts of money as people type them, and a refusal of a service put beside its field."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput
from core.money import ZERO, format_money, parse_money


class MoneyFormField(forms.CharField):
    """An amount in `currency` (set it in the form's `__init__` where it is known only then). Gives a Decimal, or None.

    What was typed is shown again as it was typed, right or wrong. Negative amounts are refused unless `negative`.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "text-end"})
    default_error_messages = {
        "negative": _("The amount can't be negative."),
        "zero": _("The amount must be more than zero."),
    }

    def __init__(
        self,
        *,
        currency: str = "USD",
        negative: bool = False,
        positive: bool = False,
        max_length: int = 40,
        **more: Any,
    ) -> None:
        super().__init__(max_length=max_length, **more)
        self.currency, self.negative, self.positive = currency, negative, positive

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text in self.empty_values:
            return None
        try:
            amount = parse_money(text, self.currency)
        except InvalidInput as error:
            raise forms.ValidationError(error.message, code=error.code) from None
        if amount < ZERO and not self.negative:
            raise forms.ValidationError(self.error_messages["negative"], code="negative")
        if amount <= ZERO and self.positive:
            raise forms.ValidationError(self.error_messages["zero"], code="zero")
        return amount

    def prepare_value(self, value: Any) -> Any:
        """A stored amount with the currency's decimals; typed text as it is."""
        return (
            format_money(value, self.currency).removesuffix(self.currency).rstrip()
            if isinstance(value, Decimal)
            else value
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != initial) if not self.disabled else False
        except forms.ValidationError:
            return True


def apply_domain_error(form: forms.BaseForm, error: DomainError) -> None:
    """Put a service's refusal where the reader looks for it: beside its field, or on top of the form."""
    field = error.field if error.field in form.fields else None
    form.add_error(field or NON_FIELD_ERRORS, forms.ValidationError(error.message, code=error.code))
