"""The product groups by their one name, and the other names that callers know them by."""

from __future__ import annotations

from collections.abc import Mapping

CATEGORIES = (
    "battery",
    "textile",
    "footwear",
    "electronics",
    "household-appliances",
    "furniture",
    "mattresses",
    "tyres",
    "iron-steel",
    "aluminium",
    "construction",
    "toys",
    "detergents",
    "vehicles",
    "permanent-magnets",
    "packaging",
    "paints-coatings",
    "lubricants",
    "chemicals",
    "cosmetics",
    "jewelry",
    "medical-devices",
    "food-fmcg",
    "generic",
)
"""Every category that has or will have a template, in display order."""

_ALIASES: Mapping[str, str] = {
    "aluminum": "aluminium",
    "apparel": "textile",
    "appliance": "household-appliances",
    "appliances": "household-appliances",
    "batteries": "battery",
    "building-materials": "construction",
    "car": "vehicles",
    "cars": "vehicles",
    "chemical": "chemicals",
    "clothing": "textile",
    "coating": "paints-coatings",
    "coatings": "paints-coatings",
    "construction-product": "construction",
    "construction-products": "construction",
    "cosmetic": "cosmetics",
    "detergent": "detergents",
    "electronic": "electronics",
    "fmcg": "food-fmcg",
    "food": "food-fmcg",
    "general": "generic",
    "home-appliances": "household-appliances",
    "household-appliance": "household-appliances",
    "ict": "electronics",
    "iron": "iron-steel",
    "iron-and-steel": "iron-steel",
    "jewellery": "jewelry",
    "jewelleries": "jewelry",
    "lubricant": "lubricants",
    "magnet": "permanent-magnets",
    "magnets": "permanent-magnets",
    "mattress": "mattresses",
    "medical-device": "medical-devices",
    "other": "generic",
    "paint": "paints-coatings",
    "paints": "paints-coatings",
    "paints-and-coatings": "paints-coatings",
    "permanent-magnet": "permanent-magnets",
    "shoe": "footwear",
    "shoes": "footwear",
    "steel": "iron-steel",
    "steel-iron": "iron-steel",
    "textiles": "textile",
    "tire": "tyres",
    "tires": "tyres",
    "toy": "toys",
    "tyre": "tyres",
    "vehicle": "vehicles",
}


def normalise_category(text: str) -> str | None:
    """Return the category a name stands for, or None for a name that stands for none.

    Capitals, blanks, underscores and hyphens do not matter: ``Iron_Steel`` is ``iron-steel``. Whether the
    category has a template yet is for ``Templates`` to say.
    """
    slug = "-".join(text.lower().replace("_", " ").replace("-", " ").split())
    return slug if slug in CATEGORIES else _ALIASES.get(slug)
