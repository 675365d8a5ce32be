"""Products that come from another installation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from tracepass.core.arrivals import Arrivals, settled
from tracepass.core.arriving import Moment, faults_of, in_order_of, members_of, moment_faults, read
from tracepass.core.clock import Clock, parse_timestamp
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.restores import Arrival, Fault, Findings
from tracepass.core.schema import Text, WireId, WireModel
from tracepass.products.models import (
    MAX_IMAGES,
    Description,
    FieldValues,
    ImageUrl,
    Locale,
    Model,
    ProductStatus,
    is_https_url,
)
from tracepass.products.needs import CategoryRules, LotCounter, PassportCounter
from tracepass.products.repository import COLLECTION, ProductRepository
from tracepass.products.service import DuplicateModel
from tracepass.products.wire import search_of

MOST_VERSIONS: Final = 1_000_000_000
_UPLOADED: Final = re.compile(r"https?://[^\s/?#]+/media/[0-9a-f]{24}")
"""The address of a picture that was uploaded somewhere; installations for trying things out have no https."""


def _check_picture(url: str) -> str:
    if not is_https_url(url) and not _UPLOADED.fullmatch(url):
        message = "must be an https URL"
        raise ValueError(message)
    return url


Picture = Annotated[ImageUrl, AfterValidator(_check_picture)]


class ProductRecord(WireModel):
    """A product as an export tells it."""

    product_id: Annotated[WireId, Field(alias="_id")]
    name: Text
    model: Model
    category: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    description: Description | None = None
    template_id: Annotated[str, StringConstraints(max_length=200)]
    default_field_values: FieldValues
    image_urls: Annotated[list[Picture], Field(max_length=MAX_IMAGES)]
    status: ProductStatus
    source_locale: Locale | None = None
    version: Annotated[int, Field(ge=1, le=MOST_VERSIONS)]
    created_at: Moment
    updated_at: Moment

    @property
    def stored(self) -> Document:
        """Return the product as it is kept, but for what it is found by."""
        return {**self.model_dump(by_alias=True, exclude={"product_id"}), "_id": self.product_id}


class ProductRestorer:
    """Takes in products, with the versions of templates that they had."""

    def __init__(
        self, database: Database, *, clock: Clock, rules: CategoryRules, passports: PassportCounter, lots: LotCounter
    ) -> None:
        self._database = database
        self._rules = rules
        self._passports = passports
        self._lots = lots
        self._arrivals = Arrivals(database, "product", COLLECTION, clock=clock)

    async def look(self, arrival: Arrival, records: Sequence[Document]) -> Findings:
        """Hold products against the rules and against what is there."""
        found, products = Findings(), dict[int, ProductRecord]()
        for index, record in enumerate(records):
            try:
                products[index] = read(ProductRecord, record)
                found.faults += self._faults(arrival, index, products[index])
            except Refusal as refusal:
                found.faults += faults_of(index, refusal)
        models = ProductRepository(self._database, arrival.tenancy)
        taken = await models.models_taken(product.model for product in products.values())
        for index, product in products.items():
            if product.model in taken:
                found.faults += faults_of(index, DuplicateModel(product.model))
        elsewhere = sum(bool(_UPLOADED.fullmatch(url)) for one in products.values() for url in one.image_urls)
        if elsewhere:
            found.notes["picturesElsewhere"] = elsewhere
        return found

    def _faults(self, arrival: Arrival, index: int, product: ProductRecord) -> Iterator[Fault]:
        moments = (("createdAt", product.created_at), ("updatedAt", product.updated_at))
        yield from moment_faults(index, arrival, [(name, parse_timestamp(moment)) for name, moment in moments])
        if arrival.claim("model", product.model):
            yield Fault(index, "duplicate_model", "model", "another product of the file has this model")
        category, _, version = product.template_id.partition("@")
        if category != product.category or self._rules.normalise(category) != category or not version:
            raise Invalid({"templateId": ["is no template of the category of the product"]})
        problems = self._rules.problems(category, product.default_field_values, version)
        if problems:
            raise Invalid({f"defaultFieldValues.{key}": sentences for key, sentences in problems.items()})

    async def write(self, arrival: Arrival, records: Sequence[Document]) -> None:
        """Write products.

        Raises:
            DuplicateModel: the model of one is taken.
        """
        products = [in_order_of(members_of(record), read(ProductRecord, record).stored) for record in records]

        async def work(session: Session) -> None:
            fresh = await self._arrivals.fresh(arrival, products, session=session)
            await self._arrivals.add(arrival, fresh, search_of, taken=_taken, session=session)

        await settled(lambda: self._database.transact(work))

    async def remove(self, arrival: Arrival, ids: Sequence[str]) -> list[str]:
        """Take products away, but for those of which others have made passports or lots meanwhile; return these."""
        found = await ProductRepository(self._database, arrival.tenancy).names([Id(one) for one in ids])
        there = [product["_id"] for product in found]
        passports = await self._passports.count(arrival.tenancy, there)
        staying = {one for one in there if passports.get(one) or await self._lots.count(arrival.tenancy, one)}
        await self._arrivals.remove(arrival, [one for one in there if one not in staying])
        return [str(one) for one in there if one in staying]


def _taken(product: Document) -> DuplicateModel:
    return DuplicateModel(product["model"])
