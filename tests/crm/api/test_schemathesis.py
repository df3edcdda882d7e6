"""Schemathesis sends what the OpenAPI allows and forbids: no crash, no strange answer, nothing wrong taken.

`SCHEMATHESIS_EXAMPLES=200 pytest -n 0 tests/crm/api/test_schemathesis.py` is the long run: as many requests
that are right and as many that are wrong to each operation.
"""

from __future__ import annotations

import os
import warnings

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from crm import cases, limits
from crm.api import doors, reference, tokens
from crm.models import ImportBatch, Product
from tests.people import NOON, make_customer, make_purchase

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "5"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
    ignored_auth,
    negative_data_rejection,
]
# Taken although a part of the body is not as described: what is wrong is named in the answer.
LENIENT = {("POST", "/api/v1/events")}
PATHS = reference.described()["paths"]
OPERATIONS = [(method.upper(), address) for address, operations in PATHS.items() for method in operations]


@pytest.fixture(scope="module")
def described():
    """Read once for all operations."""
    schema = schemathesis.openapi.from_dict(reference.described())
    schema.config.generation.update(with_security_parameters=False)  # The token is always the right one.
    schema.app = get_wsgi_application()
    return schema


@pytest.fixture
def _one_connection():
    """Whole requests would close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def known(owner, monkeypatch) -> dict[str, str]:
    """A shop with something of each kind, so that good addresses are met as well as strange ones."""
    monkeypatch.setattr(doors, "PER_MINUTE", 1_000_000)
    limits.forget()
    person = make_customer(external_id="17850")
    purchase, product = make_purchase(person), Product.objects.get()
    batch = ImportBatch.objects.create(kind="customers", file_name="a.csv", state="done")
    case = cases.open_case("Broken cup", customer=person, text="In pieces", at=NOON)
    ids = {"purchases": purchase.pk, "products": product.pk, "imports": batch.pk, "cases": case.pk}
    secret = tokens.issue("Tests", user=owner, scopes=list(tokens.SCOPES), by=owner)[1]
    return {"secret": secret, "customers": person.public_id, **{name: str(pk) for name, pk in ids.items()}}


def can_be_wrong(method: str, address: str) -> bool:
    """Any text is a good name in an address; numbers, queries and bodies can be wrong."""
    told = PATHS[address][method.lower()]
    names = [one for one in told.get("parameters", []) if one["in"] == "path"]
    asked = [one for one in told.get("parameters", []) if one["in"] == "query"]
    return bool(told.get("requestBody") or asked or any(one["schema"]["type"] != "string" for one in names))


def is_wrong(case, name: str) -> bool:
    """Whether the address is what this request has wrong."""
    path = case.meta.components.get(ParameterLocation.PATH)
    return path is not None and path.mode.is_negative


@pytest.mark.django_db
@pytest.mark.usefixtures("_one_connection")
@pytest.mark.parametrize(("method", "address"), OPERATIONS)
@pytest.mark.parametrize("mode", GenerationMode)
def test_nothing_crashes_and_every_answer_is_documented(described, known, method, address, mode):
    operation = described[address][method]
    if mode == GenerationMode.NEGATIVE and not can_be_wrong(method, address):
        return
    place = known.get(address.split("/")[3], "1")
    name = next((one.name for one in operation.path_parameters), "")
    seen, lenient = [], (method, address) in LENIENT
    checks = [one for one in CHECKS if not (lenient and one is negative_data_rejection)]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=EXAMPLES < 50,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case):
        if name and len(seen) % 4 and not is_wrong(case, name):  # Three of four at what is there.
            case.path_parameters = {**case.path_parameters, name: place}
        headers = {"Authorization": f"Bearer {known['secret']}", "Accept-Encoding": "identity"}
        response = case.call(headers=headers)
        seen.append(response.status_code)
        case.validate_response(response, checks=checks, headers=headers)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given(case=operation.as_strategy(mode))(send)()
    assert len(seen) >= min(EXAMPLES, 2)
