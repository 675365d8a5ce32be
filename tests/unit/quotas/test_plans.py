"""Plans as data, windows as header fields, keys of repetitions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tracepass.core.errors import Invalid
from tracepass.core.ids import new_id
from tracepass.core.tenancy import Tenancy
from tracepass.idempotency.models import Request, read_key
from tracepass.identity.models import PLANS
from tracepass.quotas.models import rate_limit_headers
from tracepass.quotas.plans import Plans
from tracepass.quotas.windows import day_window, minute_window, month_end

NOW = datetime(2027, 12, 31, 23, 59, 12, 500_000, tzinfo=UTC)


def test_the_file_names_every_plan_a_workspace_may_have() -> None:
    assert tuple(Plans.load().by_slug) == PLANS


@pytest.mark.parametrize(
    ("slug", "writes", "reads", "minute", "passports", "events", "cents", "languages"),
    [
        ("free", 100, 1000, 60, 3, 10, None, 0),
        ("basic", 200, 2000, 60, 25, 1000, 300, 1),
        ("starter", None, None, 300, 150, 10_000, 200, 2),
        ("growth", None, None, 600, 300, 100_000, 150, 6),
        ("scale", None, None, 1200, 1000, 1_000_000, 75, None),
        ("pro", None, None, 3000, 5000, 10_000_000, 30, None),
        ("enterprise", None, None, None, None, None, None, None),
    ],
)
def test_plans_allow_what_the_price_list_says(
    slug: str, writes: int, reads: int, minute: int, passports: int, events: int, cents: int, languages: int
) -> None:
    plan = Plans.load().of(slug)
    assert (plan.writes_per_day, plan.reads_per_day, plan.per_minute) == (writes, reads, minute)
    assert (plan.max_passports, plan.epcis_events_per_month, plan.overage_cents) == (passports, events, cents)
    assert (plan.extra_languages, plan.passport_days) == (languages, 30 if slug == "free" else None)


def test_switched_off_every_plan_includes_everything() -> None:
    plans = Plans.load("off")
    assert (plans.of("free").name, plans.of("free").max_passports, plans.of("free").passport_days) == (
        "Free",
        None,
        None,
    )
    assert {plan.writes_per_day for plan in plans.by_slug.values()} == {None}


def test_a_plan_of_former_times_includes_everything() -> None:
    assert Plans.load().of("founders").max_passports is None


def test_windows_read_as_the_draft_writes_them() -> None:
    headers = rate_limit_headers(day_window(NOW, 1000, 999), minute_window(NOW, 60, 7))
    assert headers == {
        "RateLimit-Policy": '"day";q=1000;w=86400, "minute";q=60;w=60',
        "RateLimit": '"day";r=999;t=48, "minute";r=7;t=48',
    }


def test_a_month_ends_with_its_last_day() -> None:
    assert month_end(NOW) == datetime(2028, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ([], None),
        (["5a1d4c1e"], "5a1d4c1e"),
        ([' "5a1d4c1e"\t'], "5a1d4c1e"),
        (['"say \\"hi\\" \\\\"'], 'say "hi" \\'),
        (["two words"], "two words"),
        (["x" * 255], "x" * 255),
    ],
)
def test_a_key_is_read_bare_or_quoted(values: list[str], key: str | None) -> None:
    assert read_key(values) == key


@pytest.mark.parametrize(
    "values", [[""], ['""'], ['" "'], ['"a'], ['"a" b'], ['"\\x"'], ["a\x7f"], ["é"], ["x" * 256], ["a", "a"]]
)
def test_an_ill_formed_key_is_invalid(values: list[str]) -> None:
    with pytest.raises(Invalid):
        read_key(values)


def test_parts_of_a_request_cannot_pose_as_each_other() -> None:
    home = Tenancy(new_id(), "live")
    one = Request(home, "POST", "/a", "bc", "digest")
    assert one.id != Request(home, "POST", "/ab", "c", "digest").id
    assert one.id == Request(home, "POST", "/a", "bc", "another digest").id
