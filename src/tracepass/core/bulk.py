"""Many documents in one trip, in a transaction: all of them or none."""

from __future__ import annotations

from collections.abc import Sequence

from pymongo.errors import BulkWriteError, DocumentTooLarge, OperationFailure

from tracepass.core.errors import Refusal
from tracepass.core.mongo import DUPLICATE, Database, Document, DuplicateKeyError, Session
from tracepass.core.tenancy import Tenancy

_TOO_LARGE = 10334


async def insert_all(
    database: Database, name: str, tenancy: Tenancy, documents: Sequence[Document], *, session: Session
) -> None:
    """Insert documents into a collection as one tenancy sees it; the documents themselves stay as they are.

    Raises:
        DuplicateKeyError: a unique key is taken; its details have the ``index`` of the document, and its ``keyValue``.
        Refusal: ``too_large``: one is larger than the database takes.
    """
    if not documents:
        return
    whole = [{**document, **tenancy.fields} for document in documents]
    try:
        await database.collection(name).insert_many(whole, session=session)
    except BulkWriteError as error:
        fault = next((one for one in error.details["writeErrors"] if one["code"] == DUPLICATE), None)
        if fault is None:
            raise
        raise DuplicateKeyError(fault["errmsg"], DUPLICATE, fault) from None
    except (DocumentTooLarge, OperationFailure) as error:
        if isinstance(error, OperationFailure) and error.code != _TOO_LARGE:
            raise
        raise Refusal("too_large", "One of these is larger than the database takes, which is 16 MB.") from None
