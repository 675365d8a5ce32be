"""Pages out of a feature's own templates and the layout that all of them share."""

from __future__ import annotations

from hashlib import sha256
from importlib import resources
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

STYLE: Final = (resources.files("tracepass.pages") / "static" / "pages.css").read_bytes()
STYLE_VERSION: Final = sha256(STYLE).hexdigest()[:12]


class Pages:
    """The pages of one feature: its folder ``pages``, which may extend ``layout.html.j2`` and import ``form.html.j2``.

    Blocks of the layout are ``title``, ``content`` and ``aside``; the macros of ``form.html.j2`` draw fields, buttons
    and notices. Everything is escaped, and a name that a template uses must be given.
    """

    def __init__(self, package: str) -> None:
        own, shared = PackageLoader(package, "pages"), PackageLoader("tracepass.pages", "layouts")
        self._templates = Environment(
            loader=ChoiceLoader([own, shared]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["style_version"] = STYLE_VERSION

    def render(self, name: str, **values: Any) -> str:
        """Return a page as HTML."""
        return self._templates.get_template(name).render(**values)
