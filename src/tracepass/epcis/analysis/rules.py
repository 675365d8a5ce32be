"""The table of all rules. A new one is a row in the table of its subject."""

from __future__ import annotations

from typing import Final

from tracepass.epcis.analysis.amount_rules import CORRECTION_RULES, QUANTITY_RULES
from tracepass.epcis.analysis.document_rules import DOCUMENT_RULES
from tracepass.epcis.analysis.identifier_rules import IDENTIFIER_RULES
from tracepass.epcis.analysis.order_rules import ORDER_RULES, SERIAL_RULES
from tracepass.epcis.analysis.packing_rules import AGGREGATION_RULES, SHIPMENT_RULES
from tracepass.epcis.analysis.rule import Rule
from tracepass.epcis.analysis.vocabulary_rules import VOCABULARY_RULES

RULES: Final[tuple[Rule, ...]] = (
    *DOCUMENT_RULES,
    *IDENTIFIER_RULES,
    *VOCABULARY_RULES,
    *ORDER_RULES,
    *SERIAL_RULES,
    *AGGREGATION_RULES,
    *SHIPMENT_RULES,
    *QUANTITY_RULES,
    *CORRECTION_RULES,
)
