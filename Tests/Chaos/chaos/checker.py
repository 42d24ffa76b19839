"""Holds what clients were told against what servers ran. A function of values: it does nothing else, and is tested as such."""

import collections
import dataclasses

from chaos import history

# What a healthy client may be told while something else is broken. What names the client as the cause is not among it.
HONEST = {
    "answer-gone": 410,
    "bad-reply": 502,
    "broker-blocked": 503,
    "broker-configuration": 500,
    "broker-rejected": 503,
    "broker-unavailable": 503,
    "call-monitor-timeout": 504,
    "delivery-unknown": 503,
    "draining": 503,
    "idempotency-key-in-use": 409,
    "messaging-timeout": 504,
    "no-consumers": 503,
    "overloaded": 503,
    # A failure that a server replied, readable or not, without a class that has a status of its own.
    "remote-exception": 500,
    "undeliverable": 503,
}
# How much longer than its deadline an answer may take on a busy machine, in seconds.
GRACE = 3.0
# For so long before a loss what a queue had taken may have been in it still, in seconds.
BACKLOG = 3.0


@dataclasses.dataclass(frozen=True)
class Violation:
    rule: str
    text: str

    def __str__(self):
        return f"{self.rule}: {self.text}"


def check(run, grace=GRACE):
    """All violations of the run, in the order of its attempts."""
    found = []
    ran = _executions(run.executions)
    for attempt in run.attempts:
        found += _answer(attempt, run, grace)
    for mark, attempts in _by_mark(run.attempts).items():
        found += _execution(mark, attempts, ran[mark], run)
    return found


def _by_mark(attempts):
    groups = collections.defaultdict(list)
    for attempt in attempts:
        groups[attempt.mark].append(attempt)
    return groups


def _executions(executions):
    """How often each mark ran. A message that the broker delivers again runs again at a server without a memory; once counts."""
    copies = collections.defaultdict(lambda: collections.defaultdict(list))
    for number, execution in enumerate(executions):
        copies[execution.mark][execution.message or number].append(execution)
    counts = collections.Counter()
    for mark, messages in copies.items():
        counts[mark] = sum(max(1, sum(not copy.redelivered for copy in each)) for each in messages.values())
    return counts


def _answer(attempt, run, grace):
    """What is wrong with one answer by itself."""
    if not attempt.answered:
        excuses = run.dying + (run.gone if attempt.failure == history.REFUSED else ())
        if not any(window.meets(attempt) for window in excuses):
            yield Violation("no answer", f"{attempt.failure}: {_describe(attempt)}")
        return
    if attempt.surplus:
        yield Violation("answered twice", f"{attempt.surplus} bytes behind the answer: {_describe(attempt)}")
    if attempt.wrong:
        yield Violation("wrong answer", f"{attempt.wrong}: {_describe(attempt)}")
    if attempt.ended - attempt.started > attempt.deadline + grace:
        yield Violation("late answer", _describe(attempt))
    if attempt.good:
        if attempt.status != {history.CALL: 200, history.CAST: 202}[attempt.kind]:
            yield Violation("wrong answer", f"of another kind: {_describe(attempt)}")
    elif HONEST.get(attempt.code) != attempt.status:
        yield Violation("wrong answer", f"not what a healthy client may be told: {_describe(attempt)}")
    elif attempt.executed not in ("no", "maybe", "yes") or attempt.retryable and attempt.executed != "no":
        yield Violation("wrong answer", f"executed and retryable: {_describe(attempt)}")


def _execution(mark, attempts, count, run):
    """What is wrong with all attempts at the same work together."""
    story = ", then ".join(_describe(attempt) for attempt in attempts)
    said = [attempt.says for attempt in attempts]
    # Work that was done once may be told of by every attempt under its key; each doubtful attempt may have done it once more.
    most = said.count("maybe") + ("yes" in said)
    # What lies in a queue will run.
    count += mark in run.waiting
    if count and not most:
        yield Violation("ran although no", f"{count} times: {story}")
    elif count > most:
        yield Violation("ran twice", f"{count} times, {most} at the most: {story}")
    if count or "yes" not in said:
        return
    done = [attempt for attempt in attempts if attempt.says == "yes"]
    if all(attempt.status == 202 for attempt in done):
        if not any(_may_have_lost(run.lossy, attempt) for attempt in done):
            yield Violation("lost cast", story)
    else:
        yield Violation("did not run although yes", story)


def unheard(run):
    """Casts that were promised and that no server has run yet."""
    ran = {execution.mark for execution in run.executions}
    return {attempt.mark for attempt in run.attempts if attempt.status == 202} - ran


def _may_have_lost(windows, attempt):
    return any(history.Window(window.start - BACKLOG, window.end).meets(attempt) for window in windows)


def _describe(attempt):
    answer = f"{attempt.status} {attempt.code or ''} executed {attempt.executed} {attempt.detail or ''}" if attempt.answered else attempt.failure
    took = attempt.ended - attempt.started
    return f"{attempt.kind} {attempt.mark} to {attempt.topic} at {attempt.started:.3f} took {took:.3f} s: {answer}"


def recovery(attempts, back, topic=None):
    """Seconds from `back` until all was well: until the first good call ended and the last bad one had begun. None for never."""
    calls = [a for a in attempts if a.kind == history.CALL and topic in (None, a.topic)]
    good = [a.ended for a in calls if a.status == 200 and a.ended > back and not a.replayed]
    if not good:
        return None
    bad = [a.started for a in calls if not a.good and a.started > back]
    last_bad = max(bad, default=back)
    if last_bad > max(good):
        return None
    return max(min(good), last_bad) - back


def different_answers(before, during):
    """Kinds of requests that were answered otherwise in the second history: (kind, topic) with both sets of answers."""
    calm, attacked = _answers(before), _answers(during)
    return {
        which: (sorted(calm[which], key=str), sorted(attacked[which], key=str))
        for which in calm.keys() | attacked.keys()
        if calm[which] != attacked[which]
    }


def _answers(attempts):
    answers = collections.defaultdict(set)
    for a in attempts:
        answers[a.kind, a.topic].add((a.status, a.code, a.executed, a.failure, a.wrong))
    return answers


def summary(attempts):
    """Counts of requests, good answers, others, and of what those others said of the execution."""
    others = [a for a in attempts if not a.good]
    says = collections.Counter(a.says for a in others)
    return {
        "requests": len(attempts),
        "good": len(attempts) - len(others),
        "other": len(others),
        "no": says["no"],
        "maybe": says["maybe"],
        "yes": says["yes"],
    }
