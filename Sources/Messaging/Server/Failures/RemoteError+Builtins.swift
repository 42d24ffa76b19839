// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension RemoteError {
    /// An exception of a module of Python's, whose only argument is its text.
    public static func plain(_ module: String, _ className: String, _ message: String) -> RemoteError {
        RemoteError(
            module: module,
            className: className,
            message: message,
            arguments: JSONText(elements: [JSONText(string: message)])
        )
    }

    /// An exception of Python itself, such as `builtin("KeyError", "'missing'")`.
    public static func builtin(_ className: String, _ message: String) -> RemoteError {
        plain("builtins", className, message)
    }

    /// `TypeError`.
    public static func typeError(_ message: String) -> RemoteError { builtin("TypeError", message) }

    /// `ValueError`: an argument of the right type that does not make sense.
    public static func valueError(_ message: String) -> RemoteError { builtin("ValueError", message) }

    /// What callers get when no endpoint has the method, or may not give it.
    static func noSuchMethod(_ method: String) -> RemoteError {
        plain("oslo_messaging.rpc.dispatcher", "NoSuchMethod", "Endpoint does not support RPC method \(method)")
    }

    /// What callers get when no endpoint fits namespace and version.
    static func unsupportedVersion(_ version: String, method: String) -> RemoteError {
        let message = "Endpoint does not support RPC version \(version). Attempted method: \(method)"
        return plain("oslo_messaging.rpc.dispatcher", "UnsupportedVersion", message)
    }
}
