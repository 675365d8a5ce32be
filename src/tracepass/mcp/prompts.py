"""Ways to begin: what a person may ask an assistant to do, with the steps that lead there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, GetPromptResult, Prompt, PromptArgument, PromptMessage, TextContent

LONGEST: Final = 500
"""Characters of one argument."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """One prompt; in its text, ``{name}`` stands for an argument."""

    title: str
    description: str
    arguments: Mapping[str, str]
    text: str


_PASSPORT: Final = {"passport": "Id or serial number of the passport."}
_CATEGORY: Final = {"category": "The product group, such as battery or textile."}
_FIND: Final = (
    "Take the passport {passport}: an id of 24 hexadecimal digits with tracepass_passports `get`, "
    "else with `get_by_serial`."
)

PROMPTS: Final[Mapping[str, _Plan]] = {
    "audit_passport": _Plan(
        "Audit a passport",
        "Whether a passport is complete, compliant and ready for the registry.",
        _PASSPORT,
        f"{_FIND}\nThen read its `compliance`, `registry_readiness` and `snapshots`, and its events with "
        "tracepass_epcis "
        "`export`.\nReport: its state; every gap with the law that asks for it and how to mend it, the "
        "blocking ones first; "
        "values that contradict each other or look wrong; what changed lately. Change nothing.",
    ),
    "onboard_product": _Plan(
        "Onboard a product",
        "From a product's data to a draft of its first passport.",
        {**_CATEGORY, "name": "What the product is called."},
        "Bring the product {name} of the category {category} into TracePass.\n1. Read the template: "
        "tracepass_templates `get`."
        "\n2. Ask me for what is missing: model number, GTIN, and the required fields, in groups. Invent no "
        "value.\n3. Check "
        "the GTIN and the serial number with tracepass_gs1.\n4. tracepass_products `create`, "
        "tracepass_passports `create`, "
        "then tracepass_passport_fields `update_many` and tracepass_passport_parties `set`.\n5. Show "
        "`compliance`, and ask "
        "before `submit` or `publish`.",
    ),
    "explain_dpp_requirements": _Plan(
        "Explain the requirements",
        "What a digital product passport of a product group must say, and why.",
        _CATEGORY,
        "Explain what a digital product passport must say for the category {category}. Read "
        "tracepass_templates `get`. Name "
        "the act, its number and its dates; group the fields by section; say which are required, from when, "
        "for whom they "
        "are visible, and which article asks for them. Cite only what the template cites.",
    ),
    "compliance_gap_check": _Plan(
        "Check for gaps",
        "What the passports of a product still miss.",
        {"product": "Id of the product."},
        "Take the product {product} (tracepass_products `get`) and its passports (tracepass_passports `list` "
        "with `productId`)."
        "\nRead `compliance` of each, of the twenty newest if there are more. Make a table: passport, state, "
        "number of gaps, "
        "which of them block. Below it, say which gaps can be closed once at the product, by default values, "
        "and which need "
        "data of each unit. Change nothing.",
    ),
    "review_epcis_events": _Plan(
        "Review supply-chain events",
        "Whether the events of a passport tell one sound story.",
        _PASSPORT,
        f"{_FIND}\nExport its events with tracepass_epcis `export`, and give the document to `analyze`.\nTell "
        "the story in the "
        "order of time: what, where, when, why. Then the findings, the severe ones first, each with the event "
        "it is about "
        "and what to do; and what one would expect of such a product and does not find. Capture nothing.",
    ),
}

LISTED: Final = [
    Prompt(
        name=name,
        title=plan.title,
        description=plan.description,
        arguments=[PromptArgument(name=key, description=told, required=True) for key, told in plan.arguments.items()],
    )
    for name, plan in PROMPTS.items()
]


def get(name: str, given: Mapping[str, str]) -> GetPromptResult:
    """Return a prompt with its arguments in place.

    Raises:
        MCPError: there is no such prompt, or its arguments are missing, unknown or too long.
    """
    plan = PROMPTS.get(name)
    if plan is None:
        raise MCPError(INVALID_PARAMS, f"There is no such prompt; there are {', '.join(PROMPTS)}.")
    if given.keys() != plan.arguments.keys():
        raise MCPError(INVALID_PARAMS, f"This prompt takes {', '.join(plan.arguments)}.")
    if any(len(value) > LONGEST for value in given.values()):
        raise MCPError(INVALID_PARAMS, f"An argument has at most {LONGEST} characters.")
    text = plan.text
    for key, value in given.items():
        text = text.replace(f"{{{key}}}", value)
    return GetPromptResult(
        description=plan.description, messages=[PromptMessage(role="user", content=TextContent(text=text))]
    )
