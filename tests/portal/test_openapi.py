"""The OpenAPI document is true: whatever it allows is accepted, whatever it forbids is refused, as it says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from kamar_portal.openapi import document
from tests.portal.browser import Browser
from tests.portal.conftest import House

EXAMPLES = 60
OPERATIONS = [(path, method) for path, methods in document("http://localhost")["paths"].items() for method in methods]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
async def test_every_answer_is_described(
    house: House, browser: Browser, path: str, method: str, mode: GenerationMode
) -> None:
    code = await house.code()
    url = str(browser.client.make_url("/")).rstrip("/")
    schema = schemathesis.openapi.from_dict(document(url))
    operation = schema[path][method.upper()]
    strategy = operation.as_strategy(generation_mode=mode)

    @given(case=strategy, honest=st.booleans())
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def one(case: Any, honest: bool) -> None:
        if honest and mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
            case.body.update(code=code, village="32.16.19.2005")
        # A code that fits the document may still be unknown: then a good request is refused, with a described answer.
        case.call_and_validate(base_url=url, excluded_checks=[positive_data_acceptance])

    await asyncio.to_thread(one)


async def test_the_document_is_served_as_it_is_written(house: House, browser: Browser) -> None:
    served: Mapping[str, Any] = await (await browser.client.get("/api/v1/openapi.json")).json()
    assert served == document("http://localhost:8080")
    assert served["openapi"] == "3.1.0"
