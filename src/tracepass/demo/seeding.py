"""Making the demo's product and passport over HTTP, as an integrator would; what is there already is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from importlib import resources
from typing import Any, Final
from urllib.parse import quote

import httpx2

from tracepass.demo.drawing import battery_pack, collection_symbol
from tracepass.demo.paper import declaration_of_conformity

Json = dict[str, Any]

PLAN: Final[Json] = json.loads((resources.files("tracepass.demo") / "battery.json").read_text("utf-8"))
UNPUBLISHED: Final = ("draft", "in_review", "approved")
PATIENCE_SECONDS: Final = 60.0


class DemoFailed(Exception):
    """The server refused a step of the demo; the message says which and why."""


def seed(url: str, key: str) -> Json:
    """Make sure of the demo's product and published passport on the server at `url`; return the passport.

    A passport that was published once is left as it is now: suspending or archiving it is part of trying things out.

    Raises:
        DemoFailed: a request was refused or not answered.
    """
    headers = {"Authorization": f"Bearer {key}"}
    # A proxy of the environment has no business between this machine and itself.
    with httpx2.Client(base_url=url, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False) as client:
        try:
            return _passport(client, _product(client))
        except httpx2.HTTPError as error:
            raise DemoFailed(f"The server at {url} did not answer the demo: {error!r}.") from error


def _product(client: httpx2.Client) -> Json:
    wanted = PLAN["product"]
    found = _sent(client, "GET", "/api/v1/products", params={"search": wanted["model"], "category": wanted["category"]})
    same = [product for product in found["data"]["items"] if product["model"] == wanted["model"]]
    product = same[0] if same else _sent(client, "POST", "/api/v1/products", json=wanted)
    if product["imageUrls"]:
        return product
    picture = {"file": ("battery-pack.png", battery_pack(), "image/png")}
    return _sent(client, "POST", f"/api/v1/products/{product['_id']}/images", files=picture)


def _passport(client: httpx2.Client, product: Json) -> Json:
    passport = _find_passport(client) or _sent(
        client, "POST", "/api/v1/passports", json=PLAN["passport"] | {"productId": product["_id"]}
    )
    if passport["status"] not in UNPUBLISHED:
        return passport
    address = f"/api/v1/passports/{passport['_id']}"
    missing = _missing_fields(client, passport)
    if missing:
        passport["fields"] |= _sent(client, "PATCH", f"{address}/fields", json={"fields": missing})["fields"]
    for key, locale, text in _missing_translations(passport["fields"]):
        _sent(client, "PUT", f"{address}/fields/{key}/translations/{locale}", json={"value": text})
    return _sent(client, "POST", f"{address}/publish", json={})


def _find_passport(client: httpx2.Client) -> Json | None:
    gs1 = PLAN["passport"]["gs1"]
    answer = client.get(
        f"/api/v1/passports/by-serial/{quote(gs1['serialNumber'], safe='')}", params={"gtin": gs1["gtin"]}
    )
    return None if answer.status_code == HTTPStatus.NOT_FOUND else _checked(answer)


def _missing_fields(client: httpx2.Client, passport: Json) -> Json:
    """Return the values that exist only once the passport does: its link, and the files it refers to."""
    fields: Json = {}
    if _is_empty(passport, "unique_product_identifier"):
        fields["unique_product_identifier"] = {"value": passport["gs1"]["digitalLinkUri"]}
    files = {
        "separate_collection_symbol": ("separate-collection.png", collection_symbol, "image/png"),
        "eu_declaration_of_conformity": ("declaration-of-conformity.pdf", declaration_of_conformity, "application/pdf"),
    }
    for key, (name, draw, media_type) in files.items():
        if _is_empty(passport, key):
            file = _sent(client, "POST", "/api/v1/files", files={"file": (name, draw(), media_type)})
            fields[key] = {"value": {"fileId": file["_id"]}}
    return fields


def _is_empty(passport: Json, key: str) -> bool:
    return bool(passport["fields"].get(key, {}).get("value") is None)


def _missing_translations(fields: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (key, locale, text)
        for key, texts in PLAN["translations"].items()
        for locale, text in texts.items()
        if locale not in fields[key]["translations"]
    ]


def _sent(client: httpx2.Client, method: str, path: str, **content: Any) -> Json:
    return _checked(client.request(method, path, **content))


def _checked(answer: httpx2.Response) -> Json:
    """Return an answer's JSON. Raises DemoFailed if the answer is a refusal."""
    body: Json = answer.json()
    if answer.is_success:
        return body
    request = answer.request
    details = json.dumps(body.get("details") or {}, ensure_ascii=False)
    raise DemoFailed(f"The demo's {request.method} {request.url.path} was refused: {body['message']} {details}")
