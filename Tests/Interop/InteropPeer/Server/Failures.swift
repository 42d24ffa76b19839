// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// The exceptions of `interop_failures.py`, as a server in Swift raises them.
enum Failures {
    static func raise(_ kind: String) throws {
        if let error = kinds[kind] { throw error }
        throw RemoteError.builtin("KeyError", "'\(kind)'")
    }

    private static let kinds: [String: any Error] = [
        "value_error": RemoteError.valueError("bad value"),
        "key_error": remote("builtins", "KeyError", "'missing'", ["missing"]),
        "no_text": remote("builtins", "RuntimeError", "", []),
        "os_error": RemoteError(
            module: "builtins",
            className: "FileNotFoundError",
            message: "[Errno 2] No such file or directory",
            arguments: .array([.number(2), JSONText(string: "No such file or directory")])
        ),
        "not_implemented": RemoteError.builtin("NotImplementedError", "later"),
        "plain": InteropFailure("Plain", "plain text"),
        "several": InteropFailure(
            "Several",
            "('first', 2, None)",
            arguments: [JSONText(string: "first"), .number(2), .null]
        ),
        "keywords": InteropFailure(
            "Keywords",
            "Instance 42 could not be found.",
            keywords: .object(["instance": JSONText(string: "42"), "nested": .object(["list": nested])])
        ),
        "code": InteropFailure(
            "Coded",
            "Instance 42 could not be found (404).",
            keywords: .object(["instance": JSONText(string: "42"), "code": .number(404)])
        ),
        "code_attribute": InteropFailure("CodeAttribute", "only a class attribute"),
        "quota": InteropFailure(
            "QuotaExceeded",
            "Quota exceeded for ['cores', 'ram'].",
            keywords: .object(["overs": .array(["cores", "ram"].map { JSONText(string: $0) }), "code": .number(413)])
        ),
        "no_arguments": InteropFailure("NoArguments", "no arguments, please"),
        "unicode": InteropFailure("Plain", "größe ☃ \u{1f600}"),
        "lines": InteropFailure("Plain", "first line\nsecond line"),
        "elsewhere": RemoteError.plain("elsewhere.exceptions", "Elsewhere", "nobody knows this class"),
    ]

    private static let nested = JSONText.array([.number(1), .null])

    private static func remote(_ module: String, _ name: String, _ text: String, _ arguments: [String]) -> RemoteError {
        RemoteError(
            module: module,
            className: name,
            message: text,
            arguments: .array(arguments.map { JSONText(string: $0) })
        )
    }
}
