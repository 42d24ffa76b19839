"""Exceptions under the names that OpenStack's services put on the wire.

A class that the installed packages have is used as it is. Any other gets a stand-in of the same module and name: what
oslo.messaging sends is the class's module, name, text, `args` and `kwargs`, and nothing else of it.
"""

import functools
import importlib
import sys
import types


def stand_in(module, name):
    """Makes an exception class that keeps keyword arguments, in a module of the wanted name."""

    def __init__(self, *arguments, **keywords):
        Exception.__init__(self, *arguments)
        self.kwargs = keywords

    made = type(name, (Exception,), {"__module__": module, "__init__": __init__})
    setattr(sys.modules.setdefault(module, types.ModuleType(module)), name, made)
    return made


@functools.lru_cache(maxsize=None)
def class_named(module, name):
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return stand_in(module, name)


def made(kind, arguments):
    """An exception with these arguments, also of a class that asks for others."""
    try:
        return kind(*arguments)
    except TypeError:
        return kind.__new__(kind, *arguments)


def fail(module, name, message, arguments, keywords):
    """Raises the exception; `keywords` become its `kwargs`."""
    error = made(class_named(module, name), [message] if arguments is None else arguments)
    if keywords:
        error.kwargs = keywords
    raise error
