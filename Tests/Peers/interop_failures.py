"""Exceptions that servers raise and clients rebuild: the clients allow this module, so they raise these very classes."""


class Plain(Exception):
    """Nothing but its arguments."""


class Several(Exception):
    """More than one argument, none of them a text alone."""


class Keywords(Exception):
    """Keeps its keyword arguments as OpenStack's exceptions do."""

    template = "Instance {instance} could not be found."

    def __init__(self, message=None, **keywords):
        self.kwargs = keywords
        super().__init__(self.template.format(**keywords) if message is None else message)


class Coded(Keywords):
    """Has a status code, which travels among the keyword arguments."""

    template = "Instance {instance} could not be found ({code})."


class CodeAttribute(Exception):
    """Has a status code of its class, which does not travel."""

    code = 404


class QuotaExceeded(Keywords):
    template = "Quota exceeded for {overs}."


class NoArguments(Exception):
    """Cannot be made with an argument: what a client rebuilds it from does not fit."""

    def __init__(self):
        super().__init__("no arguments, please")


# The clients may not import this one.
class Elsewhere(Exception):
    __module__ = "elsewhere.exceptions"


def missing_file():
    return FileNotFoundError(2, "No such file or directory")


KINDS = {
    "value_error": lambda: ValueError("bad value"),
    "key_error": lambda: KeyError("missing"),
    "no_text": lambda: RuntimeError(),
    "os_error": missing_file,
    "not_implemented": lambda: NotImplementedError("later"),
    "plain": lambda: Plain("plain text"),
    "several": lambda: Several("first", 2, None),
    "keywords": lambda: Keywords(instance="42", nested={"list": [1, None]}),
    "code": lambda: Coded(instance="42", code=404),
    "code_attribute": lambda: CodeAttribute("only a class attribute"),
    "quota": lambda: QuotaExceeded(overs=["cores", "ram"], code=413),
    "no_arguments": lambda: NoArguments(),
    "unicode": lambda: Plain("größe ☃ \U0001f600"),
    "lines": lambda: Plain("first line\nsecond line"),
    "elsewhere": lambda: Elsewhere("nobody knows this class"),
}
