"""What clients asked and were told, and what servers ran. Values only; all times are seconds of one monotonic clock."""

import dataclasses

CALL = "call"
CAST = "cast"

# How an attempt ended that got no answer.
REFUSED = "refused"  # no connection came about, so nothing was sent
LOST = "lost"  # the connection ended before a whole answer had come
SILENT = "silent"  # no answer within the deadline and the client's patience


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One request that a client sent. Attempts with the same mark are the same work, sent again."""

    mark: str
    topic: str
    kind: str
    started: float
    ended: float
    deadline: float = 5.0
    key: str | None = None
    status: int | None = None
    code: str | None = None
    detail: str | None = None
    executed: str | None = None
    retryable: bool = False
    replayed: bool = False
    failure: str | None = None
    wrong: str | None = None
    surplus: int = 0

    @property
    def answered(self):
        return self.status is not None

    @property
    def good(self):
        return self.status in (200, 202)

    @property
    def says(self):
        """What the client knows of the execution: `no`, `maybe` or `yes`. A cast's 202 promises that it will be."""
        if self.failure == REFUSED:
            return "no"
        if not self.answered:
            return "maybe"
        return "yes" if self.good else self.executed or "maybe"


@dataclasses.dataclass(frozen=True)
class Execution:
    """A method that a server ran. `message` is the identifier of the message that made it run."""

    mark: str
    message: str | None = None
    redelivered: bool = False


@dataclasses.dataclass(frozen=True)
class Window:
    """A span of time, from before something was done until it was undone."""

    start: float
    end: float

    def meets(self, attempt):
        return attempt.started <= self.end and attempt.ended >= self.start


@dataclasses.dataclass
class Run:
    """All that is known of one run.

    `waiting` are marks in queues at the end. In `lossy` windows something that is no part of the gateway lost messages it had
    taken: a queue deleted with what was in it, a broker without durable queues killed. In `dying` windows a gateway was killed,
    so that its clients get no answers; in `gone` windows none listens, so that connections are refused, and nothing else.
    """

    attempts: list
    executions: list
    waiting: frozenset = frozenset()
    lossy: tuple = ()
    dying: tuple = ()
    gone: tuple = ()
