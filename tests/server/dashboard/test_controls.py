"""Scenarios, faults, readings and balances are set on the page, and take effect."""

from collections.abc import Callable

from playwright.sync_api import expect
from server.dashboard.visits import INPUT, RUNS, Provider, Visit

from mockreel.server.mock_server import MockServer

OpenPage = Callable[..., Visit]


def test_a_scenario_is_set_and_removed(visit: OpenPage, provider: Provider, served: MockServer) -> None:
    """A rule with a condition decides what fits, and nothing else."""
    page = visit("/rules").page
    form = page.locator("#scenario-form")
    form.locator("select[name=scenario]").select_option("fail")
    form.locator("input[name=code]").fill("model-unavailable")
    form.locator("input[name=prompt]").fill("lighthouse")
    form.get_by_role("button").click()
    rule = page.locator(".rule_row")
    expect(rule).to_contain_text("scenario fail, code model-unavailable")
    expect(rule).to_contain_text("prompt 'lighthouse'")

    hit, missed = provider.run(prompt="A lighthouse."), provider.run()
    served.advance(10)
    assert provider.ask("GET", f"/v1/runs/{hit}").json()["failure_code"] == "MODEL_UNAVAILABLE"
    assert provider.ask("GET", f"/v1/runs/{missed}").json()["status_code"] == "succeeded"

    page.get_by_role("button", name="Remove rule 1").click()
    expect(rule).to_have_count(0)
    assert provider.control("GET", "rules") == {"rules": []}


def test_a_result_is_given_to_what_fits(visit: OpenPage, provider: Provider, served: MockServer) -> None:
    """JSON, here; all others have the packed clip."""
    page = visit("/rules").page
    form = page.locator("#result-form")
    form.locator("input[name=result]").fill('{"outputs": [], "note": "blocked"}')
    form.locator("select[name=provider]").select_option("runflow")
    form.locator("input[name=prompt]").fill("knife")
    form.get_by_role("button").click()
    expect(page.locator(".rule_row")).to_contain_text("result {")

    hit, missed = provider.run(prompt="A knife."), provider.run()
    served.advance(10)

    assert provider.ask("GET", f"/v1/runs/{hit}").json()["output"] == {"outputs": [], "note": "blocked"}
    assert provider.ask("GET", f"/v1/runs/{missed}").json()["output"]["outputs"]


def test_a_fault_is_set_with_its_parameters(visit: OpenPage, provider: Provider) -> None:
    """The form shows the parameters of the chosen fault only."""
    page = visit("/rules").page
    form = page.locator("#fault-form")
    form.locator("select[name='fault.name']").select_option("gateway")
    expect(form.get_by_text("The response is late.")).to_be_hidden()
    form.locator("select[name='fault.status']:visible").select_option("504")
    form.locator("select[name=provider]").select_option("runflow")
    form.locator("input[name=nth]").fill("1")
    form.get_by_role("button").click()
    expect(page.locator(".rule_row")).to_contain_text("fault gateway")

    struck, sound = (provider.ask("POST", RUNS, {"input": INPUT}) for _ in range(2))

    assert (struck.status_code, struck.headers["content-type"].partition(";")[0]) == (504, "text/html")
    assert sound.status_code == 201
    expect(page.locator(".rule_row")).to_contain_text("matched 2 times")


def test_a_fault_is_set_for_one_operation(visit: OpenPage, provider: Provider) -> None:
    """The others are answered; the form proposes the operations of the contracts."""
    page = visit("/rules").page
    form = page.locator("#fault-form")
    form.locator("select[name='fault.name']").select_option("empty")
    form.locator("input[name=operation]").fill("get_run")
    expect(page.locator("#operations option[value=get_run]")).to_have_count(1)
    form.get_by_role("button").click()
    expect(page.locator(".rule_row")).to_contain_text("operation 'get_run'")

    run = provider.run()

    assert provider.ask("GET", f"/v1/runs/{run}").content == b""
    assert provider.ask("GET", "/v1/runs").json()["items"]


def test_an_impossible_rule_is_rejected_with_a_message(visit: OpenPage) -> None:
    """What the control API says stands on the page."""
    one = visit("/rules")
    form = one.page.locator("#scenario-form")
    form.locator("select[name=scenario]").select_option("fail")
    form.locator("input[name=code]").fill("no-such-code")
    form.get_by_role("button").click()

    expect(one.page.get_by_role("alert")).to_contain_text("no-such-code")
    assert one.complaints.pop().startswith("error: Failed to load resource: the server responded with a status of 400")


def test_a_reading_is_switched_while_the_simulator_runs(visit: OpenPage, provider: Provider) -> None:
    """The next response is of the other reading."""
    run = provider.run()
    page = visit("/readings").page
    row = page.locator('[data-key="runflow/failure-fields"]')
    assert "status_code" in provider.ask("GET", f"/v1/runs/{run}").json()

    row.locator("select").select_option("without-code")

    expect(row).to_contain_text("not the default")
    assert "status" in provider.ask("GET", f"/v1/runs/{run}").json()


def test_a_balance_is_set_and_then_rejects(visit: OpenPage, provider: Provider) -> None:
    """As the provider refuses when there is no credit."""
    provider.run()
    page = visit("/accounts").page
    row = page.locator(".account_row")
    row.locator("input[name=balance]").fill("0.1")
    row.get_by_role("button", name="Set").click()
    expect(row).to_contain_text("0.1 USD")

    assert provider.ask("POST", RUNS, {"input": INPUT}).status_code == 402


def test_all_rules_are_removed_at_once(visit: OpenPage, provider: Provider) -> None:
    """With one button."""
    for scenario in ("fail", "stuck"):
        provider.control("POST", "rules", {"scenario": scenario})
    page = visit("/rules").page
    expect(page.locator(".rule_row")).to_have_count(2)

    page.get_by_role("button", name="Remove all rules").click()

    expect(page.locator(".rule_row")).to_have_count(0)
    expect(page.get_by_text("No rules")).to_be_visible()


def test_an_account_says_which_key_it_belongs_to(provider: Provider, visit: OpenPage) -> None:
    """By the key's masked form: enough for its owner, and too little for anybody else."""
    provider.ask("GET", "/v1/runs", key="rf_live_0123456789abcdef9f3a")
    provider.ask("GET", "/v1/runs", key="rf_live_short")

    rows = visit("/accounts").page.locator(".account_row")

    expect(rows.nth(0)).to_contain_text("key 1 rf_live_…9f3a")
    expect(rows.nth(1)).to_contain_text("key 2 rf_live_…")
    expect(rows.nth(1)).not_to_contain_text("short")


def test_words_between_backticks_are_code(visit: OpenPage) -> None:
    """No backtick is left on the page of the readings."""
    page = visit("/readings").page

    expect(page.locator(".reading code").first).to_be_visible()
    assert "`" not in page.locator("main").inner_text()
