"""What is written to an NFC tag: an NDEF message of one URI record (NFC Forum NDEF 1.0 and URI RTD 1.0)."""

from __future__ import annotations

MEDIA_TYPE = "application/vnd.nfc.ndef"
"""Our choice: the NFC Forum has registered no type for a message as a file."""

# Codes of the URI RTD 3.2.2 that a link of ours may start with, the longer ones first.
_PREFIXES = (("https://www.", 0x02), ("http://www.", 0x01), ("https://", 0x04), ("http://", 0x03))
_BEGIN, _END, _SHORT, _WELL_KNOWN = 0x80, 0x40, 0x10, 0x01
_SHORT_PAYLOAD = 255


def uri_message(uri: str) -> bytes:
    """Return the NDEF message that opens a URI; what wraps it on a tag (the TLV of Type 2 tags) is not part of it."""
    prefix, code = next(((text, code) for text, code in _PREFIXES if uri.startswith(text)), ("", 0x00))
    payload = bytes((code,)) + uri[len(prefix) :].encode()
    header = _BEGIN | _END | _WELL_KNOWN
    if len(payload) <= _SHORT_PAYLOAD:
        return bytes((header | _SHORT, 1, len(payload))) + b"U" + payload
    return bytes((header, 1)) + len(payload).to_bytes(4) + b"U" + payload
