//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Messaging

extension RemoteError {
    static func typeError(_ message: String) -> RemoteError { builtin("TypeError", message) }

    static func valueError(_ message: String) -> RemoteError { builtin("ValueError", message) }

    /// What the dispatcher answers when no endpoint has the method.
    static func noSuchMethod(_ method: String) -> RemoteError {
        dispatcher("NoSuchMethod", "Endpoint does not support RPC method \(method)")
    }

    /// What the dispatcher answers when no endpoint fits namespace and version.
    static func unsupportedVersion(_ version: String, method: String) -> RemoteError {
        let message = "Endpoint does not support RPC version \(version). Attempted method: \(method)"
        return dispatcher("UnsupportedVersion", message)
    }

    /// The kinds of failure that the demo's `fail` knows.
    static let demoKinds: [String: RemoteError] = [
        "value_error": valueError("the demo was asked to fail"),
        "key_error": builtin("KeyError", "'missing'"),
        "not_implemented": builtin("NotImplementedError", ""),
        "not_found": exception("NotFound", "Instance 42 could not be found.", code: 404),
        "conflict": exception("Conflict", "Instance 42 is locked.", code: 409),
        "quota": exception("QuotaExceeded", "Quota exceeded for instances.", code: 413),
        "unavailable": exception("ServiceUnavailable", "The backend is down.", code: 503),
    ]

    private static func builtin(_ name: String, _ message: String) -> RemoteError {
        exception(module: "builtins", name, message, "{}")
    }

    private static func dispatcher(_ name: String, _ message: String) -> RemoteError {
        exception(module: "oslo_messaging.rpc.dispatcher", name, message, "{}")
    }

    private static func exception(_ name: String, _ message: String, code: Int) -> RemoteError {
        exception(module: "demo.exceptions", name, message, "{\"code\": \(code)}")
    }

    private static func exception(
        module: String,
        _ name: String,
        _ message: String,
        _ keywordArguments: String
    ) -> RemoteError {
        RemoteError(
            module: module,
            className: name,
            message: message,
            arguments: (try? JSONText("[\(JSONText(string: message).string)]")) ?? noArguments,
            keywordArguments: (try? JSONText(keywordArguments)) ?? .emptyObject
        )
    }
}
