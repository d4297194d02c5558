"""Behind a proxy the address is the proxy's word, not the client's."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from config.proxy import ClientAddressMiddleware


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("10.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("", "127.0.0.1"),
        (" , ", "127.0.0.1"),
    ],
)
def test_address_is_the_last_that_the_proxy_added(header, address):
    seen = []

    def answer(request):
        seen.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    ClientAddressMiddleware(answer)(RequestFactory().get("/", headers={"X-Forwarded-For": header}))
    assert seen == [address]
