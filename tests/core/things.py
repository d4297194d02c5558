"""Rows for testing what is made for any model: core has no model of its own."""

from django.db import models


class Owner(models.Model):
    name = models.CharField(max_length=50)

    class Meta:
        app_label = "things"

    def __str__(self) -> str:
        return self.name


class Thing(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SENT = "sent", "Sent off"

    code = models.CharField(max_length=20)
    title = models.TextField(null=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    amount = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, default="USD")
    rank = models.IntegerField(default=0)
    share = models.DecimalField(max_digits=6, decimal_places=4, null=True)
    day = models.DateField(null=True)
    at = models.DateTimeField(null=True)
    secret = models.BooleanField(default=False)
    owner = models.ForeignKey(Owner, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "things"
