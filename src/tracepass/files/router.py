"""The routes of files."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import File, UploadFile
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, path_id, raw_answer
from tracepass.api.holders import holder_of
from tracepass.api.policy import FILE_LIMIT, FORM_OVERHEAD, MULTIPART
from tracepass.core.errors import Refusal
from tracepass.files.service import Files

router = Router(prefix="/api/v1/files")


@router.operation(
    "POST",
    "",
    scope="passports:write",
    budget=Budget.WRITES,
    media_type=MULTIPART,
    max_body=FILE_LIMIT + FORM_OVERHEAD,
)
async def add_file(call: Call, file: Annotated[UploadFile, File()]) -> Response:
    """Store a file."""
    data = await file.read()
    if len(data) > FILE_LIMIT:
        raise Refusal("payload_too_large", "A file has at most 10 MB.", details={"limit": FILE_LIMIT})
    stored = await call.service(Files).add(call.caller, file.filename or "", data)
    return answer(stored, 201, headers={"Location": f"/api/v1/files/{stored['_id']}"})


@router.operation("GET", "/{id}", public=True, granted=True)
async def get_file(call: Call) -> Response:
    """Serve a file to its workspace, to holders of access grants for what refers to it, or to anybody if public."""
    file_id, caller, holder = path_id(call, "id"), await call.optional_caller("passports:read"), await holder_of(call)
    facts, data = await call.service(Files).get((caller, holder.caller if holder is not None else None), file_id)
    kind = "inline" if facts["mediaType"].startswith("image/") else "attachment"
    headers = {
        "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(facts['name'])}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return raw_answer(data, facts["mediaType"], headers=headers)


@router.operation("DELETE", "/{id}", scope="passports:write", budget=Budget.WRITES)
async def delete_file(call: Call) -> Response:
    """Delete a file that nothing refers to."""
    await call.service(Files).delete(call.caller, path_id(call, "id"))
    return answer({"message": "The file was deleted."})
