"""Every fenced block of the guides, and by which test it is held: none is only to be looked at.

A row names a page, which of its blocks are meant (their language, or a text that is in them), and the test that runs
them, or holds them against what the application says. ``NOT_RUN`` says why, where there is none.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.recipes import Block, blocks

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NOT_RUN = "not run: "
LANGUAGES = {"bash", "console", "csharp", "csv", "http", "ini", "json", "nginx", "python", "sh", "text", "typescript"}
FIRST = "test_authentication.py::test_whoever_copies_it_gets_a_key_a_passport_and_what_is_left_of_the_day"
SEALED = "test_answers.py::test_an_entry_looks_as_shown_and_the_page_checks_the_chain"
CLIENTS = "../contract/test_clients.py::test_a_client_of"
TYPESCRIPT = "../contract/test_typescript_client.py::test_a_client_of_openapi_typescript_passes_the_quickstart"
COOKBOOK = "test_cookbook.py::test_a_recipe_does_what_it_says"

ROWS: dict[str, list[tuple[str, str]]] = {
    "access-grants.md": [("bash", "test_access_grants.py::test_the_samples_give_use_and_take_access")],
    "audit.md": [
        ("json", SEALED),
        ("python", SEALED),
        ("--anchor", "../cli/test_audit.py::test_a_chain_is_held_against_an_entry_noted_down_earlier"),
        ("console", "../cli/test_audit.py::test_a_sound_chain_is_said_to_be_sound"),
    ],
    "authentication.md": [
        ("api-keys", FIRST),
        ("reset-link", "../cli/test_users.py::test_each_link_is_another_one"),
        ("/api/oauth/", "test_commands.py::test_the_steps_of_oauth"),
    ],
    "benchmarks.md": [
        ("--only", "test_operations.py::test_the_cases_of_benchmarks_that_are_named_exist"),
        ("", NOT_RUN + "figures of a quiet machine; `make bench` prints them anew"),
    ],
    "carriers.md": [("json", "test_answers.py::test_the_order_of_labels_is_taken")],
    "clients.md": [
        ("openapi-python-client generate", f"{CLIENTS}_openapi_python_client_publishes_a_passport"),
        ("AuthenticatedClient", f"{CLIENTS}_openapi_python_client_publishes_a_passport"),
        ("openapi-typescript", TYPESCRIPT),
        ("typescript", TYPESCRIPT),
        ("", f"{CLIENTS}_openapi_generator_publishes_a_passport"),
    ],
    "collections.md": [("sh", "../collections/test_running.py::test_newman_sends_every_request")],
    "cookbook/README.md": [("", COOKBOOK)],
    "cookbook/erp-sync.md": [("", COOKBOOK)],
    "cookbook/label-line.md": [("", COOKBOOK)],
    "cookbook/recall.md": [("", COOKBOOK)],
    "cookbook/supplier-data.md": [("", COOKBOOK)],
    "credentials.md": [
        ("bash", "test_commands.py::test_a_credential_is_fetched"),
        ("http", "test_credentials.py::test_the_requests_of_the_page_are_answered_as_it_says"),
        ('"status"', "test_credentials.py::test_the_requests_of_the_page_are_answered_as_it_says"),
        ('"message"', "test_credentials.py::test_the_requests_of_the_page_are_answered_as_it_says"),
        ("", "test_credentials.py::test_the_credential_of_the_page_is_made_and_verified_by_its_program"),
    ],
    "epcis.md": [
        ("http", "test_epcis.py::test_the_page_is_answered_as_it_says"),
        ("csv", "test_epcis_tools.py::test_the_spreadsheet_of_the_guide_is_answered_as_it_says"),
        ("json", "test_epcis_tools.py::test_the_spreadsheet_of_the_guide_is_answered_as_it_says"),
        ("bash", "test_commands.py::test_a_spreadsheet_of_events_is_read"),
    ],
    "errors.md": [("json", "test_answers.py::test_an_error_is_the_one_that_is_shown")],
    "exports.md": [
        ("exports/tenant", "test_commands.py::test_an_export_is_streamed_and_its_check_passes"),
        ("python", "test_exports.py::test_the_check_of_the_page_tells_a_whole_export_from_a_broken_one"),
        ("-X POST", "test_exports.py::test_the_order_of_a_worker_is_taken_as_it_is_printed"),
        ("DOWNLOAD_URL", "test_commands.py::test_an_export_of_a_worker_is_downloaded_in_parts"),
        ("TenantExport", "test_answers.py::test_an_export_has_the_shape_that_is_shown"),
    ],
    "imports.md": [
        ("imports/sheet", "test_imports.py::test_the_sheet_is_served_as_the_page_says"),
        ("text/csv", "test_imports.py::test_the_rows_of_the_page_become_passports"),
        ("csv", "test_imports.py::test_the_rows_of_the_page_become_passports"),
        ("json", "test_imports.py::test_an_error_looks_as_the_page_shows_it"),
        ("", "test_imports.py::test_a_workspace_moves_as_the_page_says"),
    ],
    "limits.md": [
        ("text", "test_answers.py::test_the_budget_of_a_day_is_told_as_shown"),
        ("json", "test_answers.py::test_a_passport_beyond_the_plan_is_refused_as_shown"),
        ("bash", "test_commands.py::test_a_write_is_repeated_and_done_once"),
    ],
    "mcp.md": [
        ("mcpServers", "test_operations.py::test_what_an_assistant_is_told_to_start_exists"),
        ("http", "test_mcp.py::test_every_sample_is_answered_as_it_says"),
        ("json", "test_mcp.py::test_every_sample_is_answered_as_it_says"),
    ],
    "measurements.md": [("", "test_measurements.py::test_the_page_on_measurements")],
    "n8n.md": [("sh", "test_operations.py::test_the_package_for_n8n_has_the_name_that_is_installed")],
    "passports.md": [
        ("text", "test_answers.py::test_the_picture_of_states_names_states_and_moves"),
        ("bash", "test_commands.py::test_a_service_event_is_written_down"),
        ("", "test_traces.py::test_the_section_on_second_lives"),
    ],
    "products.md": [
        ("bash", "test_products.py::test_a_picture_is_uploaded_as_the_page_says"),
        ("", "test_products.py::test_the_page_on_products"),
    ],
    "scanning.md": [("bash", "test_commands.py::test_what_a_scan_leads_to")],
    "self-hosting.md": [
        ("nginx", "test_operations.py::test_the_server_of_nginx_can_be_read"),
        ("ini", "test_operations.py::test_the_unit_of_systemd_can_be_read"),
        (
            "docker compose",
            NOT_RUN + "needs a Docker engine; test_docker.py reads the composition",
        ),
        ("git pull", NOT_RUN + "would change this working tree; a shell reads it"),
        ("sh", "test_operations.py::test_commands_of_ours_have_the_options_that_they_are_given"),
    ],
    "templates-guide.md": [("", "test_templates_guide.py::test_the_commands_of_the_page_print_what_it_shows")],
    "tools.md": [("", "test_tools.py::test_a_sample_of_the_page_is_answered_as_it_says")],
    "traces.md": [("", "test_traces.py::test_the_page_on_traces_and_lots")],
    "webhooks.md": [
        ("bash", "test_commands.py::test_a_webhook_is_made"),
        ("json", "test_commands.py::test_an_event_looks_as_the_page_shows_it"),
        ("csharp", NOT_RUN + "needs .NET; the test of the others is the same for every language"),
        ("", "test_webhooks.py::test_a_snippet_believes_what_is_signed_and_nothing_else"),
    ],
}
"""The first row that fits a block is its row."""

PAGES = sorted(
    str(page.relative_to(DOCS))
    for page in [*DOCS.glob("*.md"), *(DOCS / "cookbook").glob("*.md")]
    if blocks(page.read_text("utf-8"))
)


def fits(which: str, block: Block) -> bool:
    """Tell whether a row is about a block."""
    return which == block.language if which in LANGUAGES else which in block.text


def row_of(page: str, block: Block) -> tuple[str, str] | None:
    """Return the row of a block."""
    return next((row for row in ROWS.get(page, []) if fits(row[0], block)), None)


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_held_by_a_test_and_every_row_is_needed(page: str) -> None:
    found = [row_of(page, block) for block in blocks((DOCS / page).read_text("utf-8"))]
    assert None not in found, "say in ROWS which test runs the block, or why none does"
    assert set(found) == set(ROWS[page])


def test_no_row_is_about_a_page_that_is_not_there() -> None:
    assert ROWS.keys() == set(PAGES)


@pytest.mark.parametrize("test", sorted({test for rows in ROWS.values() for _, test in rows}))
def test_a_row_names_a_test_that_exists_or_a_reason(test: str) -> None:
    if not test.startswith(NOT_RUN):
        file, _, name = test.partition("::")
        assert re.search(rf"^(?:async )?def {name}\(", (Path(__file__).parent / file).read_text("utf-8"), re.MULTILINE)
