"""The checker must find what is wrong in histories made by hand, and nothing in those where all is well."""

import dataclasses

import pytest

from chaos import history
from chaos.checker import check, different_answers, recovery, summary, unheard
from chaos.history import CALL, CAST, LOST, REFUSED, SILENT, Attempt, Execution, Run, Window

pytestmark = pytest.mark.core


def attempt(mark="a", kind=CALL, started=0.0, ended=0.1, **members):
    return Attempt(mark, members.pop("topic", "quick"), kind, started, ended, **members)


def good(mark="a", kind=CALL, **members):
    return attempt(mark, kind, status=200 if kind == CALL else 202, **members)


def failed(executed, mark="a", code="undeliverable", status=503, **members):
    return attempt(mark, code=code, status=status, executed=executed, **members)


def ran(*marks):
    return [Execution(mark, f"message {number}") for number, mark in enumerate(marks)]


def rules(attempts, executions=(), **members):
    return [violation.rule for violation in check(Run(list(attempts), list(executions), **members))]


WELL = {
    "a call": ([good()], ran("a")),
    "a cast": ([good(kind=CAST)], ran("a")),
    "no and did not run": ([failed("no")], []),
    "maybe and ran": ([failed("maybe", code="messaging-timeout", status=504)], ran("a")),
    "maybe and did not run": ([failed("maybe", code="delivery-unknown")], []),
    "yes and ran": ([failed("yes", code="bad-reply", status=502)], ran("a")),
    "no, then sent again": ([failed("no", retryable=True), good()], ran("a")),
    "maybe, sent again, both ran": ([failed("maybe"), good()], ran("a", "a")),
    "a key, and the answer once more": ([good(key="k"), good(key="k", replayed=True)], ran("a")),
    "one message delivered twice": ([good()], [Execution("a", "m"), Execution("a", "m", redelivered=True)]),
    "one message, both deliveries marked": ([good()], [Execution("a", "m", redelivered=True)] * 2),
}


@pytest.mark.parametrize("case", WELL)
def test_nothing_is_found_where_all_is_well(case):
    assert rules(*WELL[case]) == []


WRONG = {
    "no, yet it ran": ([failed("no")], ran("a"), "ran although no"),
    "no twice, yet it ran": ([failed("no"), failed("no")], ran("a"), "ran although no"),
    "200 and did not run": ([good()], [], "did not run although yes"),
    "another mark ran": ([good()], ran("b"), "did not run although yes"),
    "yes and did not run": ([failed("yes", code="bad-reply", status=502)], [], "did not run although yes"),
    "a cast that nobody has": ([good(kind=CAST)], [], "lost cast"),
    "one call, two messages": ([good()], ran("a", "a"), "ran twice"),
    "one message, published twice": ([good()], [Execution("a", "m")] * 2, "ran twice"),
    "no, sent again, both ran": ([failed("no"), good()], ran("a", "a"), "ran twice"),
    "a key, and both ran": ([good(key="k"), good(key="k")], ran("a", "a"), "ran twice"),
    "one maybe, three runs": ([failed("maybe"), good()], ran("a", "a", "a"), "ran twice"),
    "the connection ended": ([attempt(failure=LOST)], [], "no answer"),
    "nobody listens": ([attempt(failure=REFUSED)], [], "no answer"),
    "silence": ([attempt(failure=SILENT)], ran("a"), "no answer"),
    "more behind the answer": ([good(surplus=17)], ran("a"), "answered twice"),
    "another body": ([good(wrong="not the mark")], ran("a"), "wrong answer"),
    "a cast answered as a call": ([attempt(kind=CAST, status=200)], ran("a"), "wrong answer"),
    "a defect": ([failed("maybe", code="internal", status=500)], [], "wrong answer"),
    "the client is blamed": ([failed("no", code="invalid-request", status=400)], [], "wrong answer"),
    "a code with another status": ([failed("no", code="undeliverable", status=504)], [], "wrong answer"),
    "no word of the execution": ([failed(None)], [], "wrong answer"),
    "retryable and maybe": ([failed("maybe", retryable=True)], [], "wrong answer"),
    "far behind its deadline": ([good(ended=20.0)], ran("a"), "late answer"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_found(case):
    attempts, executions, rule = WRONG[case]
    assert rules(attempts, executions) == [rule]


def test_one_wrong_request_is_found_among_many():
    attempts = [good(f"m{number}") for number in range(1000)]
    executions = ran(*(f"m{number}" for number in range(1000)))
    assert rules(attempts, executions) == []
    del executions[500]
    [violation] = check(Run(attempts, executions))
    assert violation.rule == "did not run although yes" and "m500" in violation.text


def test_a_cast_may_wait_in_a_queue():
    assert rules([good(kind=CAST)], waiting=frozenset("a")) == []
    assert rules([good(kind=CAST)], waiting=frozenset("b")) == ["lost cast"]


def test_what_waits_in_a_queue_will_run():
    assert rules([failed("no")], waiting=frozenset("a")) == ["ran although no"]
    assert rules([good()], ran("a"), waiting=frozenset("a")) == ["ran twice"]
    assert rules([failed("maybe")], waiting=frozenset("a")) == []


def test_a_cast_may_be_lost_with_its_queue_and_not_before_or_after():
    lossy = (Window(100, 101),)
    assert rules([good(kind=CAST, started=100.2, ended=100.3)], lossy=lossy) == []
    assert rules([good(kind=CAST, started=99, ended=99.1)], lossy=lossy) == []
    assert rules([good(kind=CAST, started=90, ended=90.1)], lossy=lossy) == ["lost cast"]
    assert rules([good(kind=CAST, started=101.2, ended=101.3)], lossy=lossy) == ["lost cast"]
    assert rules([good(started=100.2, ended=100.3)], lossy=lossy) == ["did not run although yes"]


def test_a_killed_gateway_answers_nobody_and_only_then():
    dying = (Window(100, 100.5),)
    under_way = attempt(failure=LOST, started=99, ended=100.1)
    assert rules([under_way], ran("a"), dying=dying) == []
    assert rules([dataclasses.replace(under_way, started=101, ended=102)], dying=dying) == ["no answer"]
    assert rules([under_way], ran("a", "a"), dying=dying) == ["ran twice"]
    refused = attempt(failure=REFUSED, started=100, ended=100)
    assert rules([refused], dying=dying) == []
    assert rules([refused], ran("a"), dying=dying) == ["ran although no"]


def test_where_nobody_listens_connections_are_refused_and_not_lost():
    gone = (Window(100, 101),)
    assert rules([attempt(failure=REFUSED, started=100.5, ended=100.5)], gone=gone) == []
    assert rules([attempt(failure=REFUSED, started=102, ended=102)], gone=gone) == ["no answer"]
    assert rules([attempt(failure=LOST, started=100.5, ended=100.6)], gone=gone) == ["no answer"]


def test_casts_that_nobody_has_run_yet_are_told():
    attempts = [good(kind=CAST), good("b", CAST), good("c")]
    assert unheard(Run(attempts, ran("a"))) == {"b"}


def call(started, ended, status=200, **members):
    return attempt(started=started, ended=ended, status=status, **members)


def test_recovery_ends_with_the_first_good_call():
    assert recovery([call(0, 1), call(9, 10.5), call(10.6, 10.7)], back=10) == 0.5


def test_recovery_ends_with_the_last_bad_call():
    assert recovery([call(9, 10.5), call(11, 12, status=503), call(12.5, 13)], back=10) == 1


def test_calls_from_before_that_fail_late_do_not_lengthen_recovery():
    assert recovery([call(8, 13, status=504), call(10.1, 10.25)], back=10) == pytest.approx(0.25)


def test_recovery_looks_at_one_topic():
    attempts = [call(10.1, 10.25), call(15, 16, status=503, topic="other")]
    assert recovery(attempts, back=10, topic="quick") == pytest.approx(0.25)


@pytest.mark.parametrize(
    "attempts",
    [[], [call(0, 1)], [call(10.1, 10.2), call(11, 12, status=503)], [call(10.1, 10.2, replayed=True)]],
    ids=["nothing", "only before", "bad to the end", "only an answer that was kept"],
)
def test_no_recovery(attempts):
    assert recovery(attempts, back=10) is None


def test_a_victims_answers_are_compared():
    calm = [good(), good("b", CAST), failed("no", "c", topic="nobody")]
    assert different_answers(calm, calm) == {}
    assert different_answers(calm, calm[:2]) == {(CALL, "nobody"): ([(503, "undeliverable", "no", None, None)], [])}
    assert set(different_answers(calm, [*calm, failed("maybe", "d")])) == {(CALL, "quick")}


def test_the_summary_counts_what_clients_know():
    attempts = [good(), good("b", CAST), failed("no"), failed("maybe"), attempt(failure=LOST), attempt(failure=REFUSED)]
    assert summary(attempts) == {"requests": 6, "good": 2, "other": 4, "no": 2, "maybe": 2, "yes": 0}
    assert summary([failed("yes", code="bad-reply", status=502)])["yes"] == 1
    assert history.Window(1, 2).meets(attempt(started=0, ended=1.5))
