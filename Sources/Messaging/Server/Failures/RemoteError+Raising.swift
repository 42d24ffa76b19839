// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

extension RemoteError {
    /// Gives an error that a method has thrown the form of a Python exception with its traceback.
    init(raising error: any Error, endpoint: String, method: String) {
        if let known = error as? RemoteError {
            self = known.isSignatureError(of: "\(endpoint).\(method)") ? known.raised() : known.raised(in: method)
        } else {
            self = Self.exception(error).raised(in: method)
        }
    }

    private static func exception(_ error: any Error) -> RemoteError {
        switch error {
        case let exception as any RPCException: RemoteError(exception)
        case let messaging as MessagingError: RemoteError(messaging)
        case is CancellationError: builtin("RuntimeError", "The method was cancelled")
        default: RemoteError(foreign: error)
        }
    }

    private init(_ exception: any RPCException) {
        self.init(
            module: exception.moduleName,
            className: exception.className,
            message: exception.message,
            arguments: JSONText(elements: exception.arguments),
            keywordArguments: exception.keywordArguments.isObject ? exception.keywordArguments : .emptyObject
        )
    }

    /// The exception that oslo.messaging has for a failure of the method's own calls.
    private init(_ error: MessagingError) {
        if let remote = error.remote {
            self = remote
            return
        }
        let name =
            switch error.code {
            case .timeout, .callMonitorTimeout, .noConsumers: "MessagingTimeout"
            case .invalidTarget: "InvalidTarget"
            case .undeliverable: "MessageUndeliverable"
            default: "MessageDeliveryFailure"
            }
        self = .plain("oslo_messaging.exceptions", name, error.message)
    }

    private init(foreign error: any Error) {
        let path = String(reflecting: type(of: error)).split(separator: ".", maxSplits: 1)
        let message = String(describing: error)
        self = .plain(String(path.first ?? "swift"), String(path.count > 1 ? path[1] : path.first ?? "Error"), message)
    }

    /// Whether the arguments did not fit, so that the method has not run.
    private func isSignatureError(of method: String) -> Bool {
        qualifiedName.isSame(as: "builtins.TypeError") && Name(message).hasPrefix("\(method)() ") && traceback.isEmpty
    }

    /// Whether the traceback says that the method had begun.
    func hasFrame(of method: String) -> Bool { traceback.contains { Name($0).hasSuffix(", in \(method)\n") } }

    /// The same exception with a traceback like Python's: the frame of the method, if it had begun, and the exception.
    func raised(in method: String? = nil) -> RemoteError {
        guard traceback.isEmpty else { return self }
        var copy = self
        let frame = method.map { ["  File \"<swift>\", line 0, in \($0)\n"] } ?? []
        let name = module.isSame(as: "builtins") ? className : qualifiedName
        let last = message.isEmpty ? "\(name)\n" : "\(name): \(message)\n"
        copy.traceback = ["Traceback (most recent call last):\n"] + frame + [last]
        return copy
    }
}

extension JSONText {
    /// An array of values.
    init(elements: [JSONText]) {
        var text: [UInt8] = [0x5b]
        for (index, element) in elements.enumerated() {
            if index > 0 { text.append(ascii: ", ") }
            text.append(contentsOf: element.bytes)
        }
        text.append(0x5d)
        self.init(validated: text[...])
    }
}

extension RemoteError {
    /// An exception of a Python module whose only argument is its text.
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

    /// What callers get when no endpoint has the method, or none may offer it.
    static func noSuchMethod(_ method: String) -> RemoteError {
        plain("oslo_messaging.rpc.dispatcher", "NoSuchMethod", "Endpoint does not support RPC method \(method)")
    }

    /// What callers get when no endpoint fits namespace and version.
    static func unsupportedVersion(_ version: String, method: String) -> RemoteError {
        let message = "Endpoint does not support RPC version \(version). Attempted method: \(method)"
        return plain("oslo_messaging.rpc.dispatcher", "UnsupportedVersion", message)
    }
}
