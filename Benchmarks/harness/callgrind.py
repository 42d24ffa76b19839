# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""What callgrind writes: instructions by thread and by kind, and calls of the allocator."""

import collections
import re

ALLOCATORS = {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"}
# A thread is what the first of these says that it runs; functions are named as the linker does.
THREADS = (("http", "MHD_run"), ("methods", "15IncomingRequest"), ("replies", "13ReplyEnvelope"), ("publishing", "ConfirmTracker"))
OTHER = "others"
MODULES = {"AMQP", "Compression", "ConnectionPool", "Gateway", "HTTPServer", "Messaging", "Names", "Observability",
           "RabbitDriver", "Threads"}
# By object first, then by name; the first that fits.
OBJECTS = (("libmicrohttpd", "libmicrohttpd"), ("librabbitmq", "librabbitmq"))
NAMES = tuple((kind, re.compile(pattern)) for kind, pattern in (
    ("allocation", r"malloc|calloc|realloc|memalign|^_?free|^cfree|_int_free|tcache|unlink_chunk|operator (new|delete)"
                   r"|swift_slow|swift_(re|de)?alloc|swift_(de)?initStack|arena_get"),
    ("retain and release", r"swift_(bridgeObject|unknownObject|nonatomic_)?_?([rR]etain|[rR]elease)|RefCount|_swift_release"),
    ("exclusivity checks", r"swift_(begin|end)Access"),
    ("copying and comparing of libc", r"^_*(mem(cpy|move|set|cmp|chr|rchr|mem)|str[a-z]+)"),
    ("locks and wake-ups", r"pthread_mutex|lll_lock|eventfd|^poll|^epoll"),
    ("clocks", r"clock_gettime|^gettimeofday"),
    ("standard library", r"^\$s(S[A-Za-z]|s)"),
    ("Swift's runtime", r"^_?swift_|^swift::|^std::"),
))
MODULE = re.compile(r"^\$s(\d+)(\w+)")


def kind_of(shared_object, name):
    """The kind of work that a function does."""
    for part, kind in OBJECTS:
        if part in shared_object:
            return kind
    match = MODULE.match(name)
    module = match[2][:int(match[1])] if match else None
    if module in MODULES:
        return module
    for kind, pattern in NAMES:
        if pattern.search(name):
            return kind
    return "the rest of libc" if "libc.so" in shared_object else "other"


class Profile:
    """Instructions and allocations of one process."""

    def __init__(self):
        self.instructions = 0
        self.allocations = 0
        self.by_thread = collections.Counter()
        self.by_kind = collections.Counter()
        self.allocations_by_thread = collections.Counter()
        # The files of one process share the numbers.
        self._objects, self._functions = _Names(), _Names()

    def add_thread(self, text):
        """Takes one thread's file in; the files come in the order of their numbers."""
        thread = _read_thread(text, self._objects, self._functions)
        name = next((name for name, marker in THREADS if any(marker in known for known in thread.names)), OTHER)
        self.instructions += thread.instructions
        self.allocations += thread.allocations
        self.by_thread[name] += thread.instructions
        self.allocations_by_thread[name] += thread.allocations
        self.by_kind.update(thread.by_kind)

    def minus(self, other, calls):
        """What each call costs that this one did beyond the other."""
        difference = Profile()
        difference.instructions = (self.instructions - other.instructions) / calls
        difference.allocations = (self.allocations - other.allocations) / calls
        for name in ("by_thread", "by_kind", "allocations_by_thread"):
            ours, theirs = getattr(self, name), getattr(other, name)
            getattr(difference, name).update({key: (ours[key] - theirs[key]) / calls for key in ours.keys() | theirs.keys()})
        return difference

    def figures(self):
        """As plain values, for JSON."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}


class _Thread:
    def __init__(self):
        self.instructions = self.allocations = 0
        self.by_kind = collections.Counter()
        self.names = set()


class _Names:
    """Names are given once, with a number that stands for them later."""

    def __init__(self):
        self.known = {}

    def __call__(self, text):
        number, _, name = text.partition(" ")
        if not number.startswith("("):
            return text
        if name:
            self.known[number] = name
        return self.known.get(number, number)


def _read_thread(text, objects, functions):
    thread = _Thread()
    shared_object = function = called = ""
    costs, inclusive = collections.Counter(), False
    for line in text.splitlines():
        head, equals, rest = line.partition("=")
        if equals and head in ("ob", "fn", "cob", "cfn", "calls"):
            if head == "ob":
                shared_object = objects(rest)
            elif head == "fn":
                function = functions(rest)
                thread.names.add(function)
            elif head == "cob":
                objects(rest)
            elif head == "cfn":
                called = functions(rest)
            else:
                # The line after it has what the call cost altogether.
                inclusive = True
                thread.allocations += int(rest.split()[0]) if called.partition("@")[0] in ALLOCATORS else 0
        elif line[:1] in "+-*0123456789" and line:
            if not inclusive:
                costs[shared_object, function] += int(line.split()[1])
            inclusive = False
    for (shared_object, function), cost in costs.items():
        thread.by_kind[kind_of(shared_object, function)] += cost
    thread.instructions = sum(costs.values())
    return thread
