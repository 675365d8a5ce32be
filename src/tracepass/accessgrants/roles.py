"""The roles in which somebody is granted access, and the audience of the templates that each belongs to.

Persons with a legitimate interest: Regulation (EU) 2023/1542, Annex XIII, parts 2 and 4, and Regulation (EU) 2024/1781,
Article 2(37). Authorities: Annex XIII, part 3, and Regulation (EU) 2024/1781, Articles 9 to 15. A row here is a role.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from tracepass.templates.models import Audience

LegitimateInterest = Literal[
    "repairer",
    "refurbisher",
    "remanufacturer",
    "second_life_operator",
    "recycler",
    "waste_operator",
    "purchaser",
    "distributor",
    "researcher",
    "other_legitimate_interest",
]
Authority = Literal["market_surveillance", "customs", "commission", "notified_body", "other_authority"]
GrantRole = Literal[LegitimateInterest, Authority]

AUDIENCES: Final[Mapping[str, Audience]] = MappingProxyType(
    {
        "repairer": "legitimate_interest",
        "refurbisher": "legitimate_interest",
        "remanufacturer": "legitimate_interest",
        "second_life_operator": "legitimate_interest",
        "recycler": "legitimate_interest",
        "waste_operator": "legitimate_interest",
        "purchaser": "legitimate_interest",
        "distributor": "legitimate_interest",
        "researcher": "legitimate_interest",
        "other_legitimate_interest": "legitimate_interest",
        "market_surveillance": "authority",
        "customs": "authority",
        "commission": "authority",
        "notified_body": "authority",
        "other_authority": "authority",
    }
)
