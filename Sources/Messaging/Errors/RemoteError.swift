// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// An exception that a server raised, as it stands in the failure string of a reply.
///
/// Everything oslo.messaging puts on the wire is kept, `args` and `kwargs` byte for byte.
public struct RemoteError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The Python module, such as `builtins`; empty when the server sent none.
    @Bytewise public var module: String
    /// The class name, such as `ValueError`; empty when the server sent none.
    @Bytewise public var className: String
    /// The text of the exception.
    @Bytewise public var message: String
    /// The exception's positional arguments, a JSON array.
    public var arguments: JSONText
    /// The exception's `kwargs` attribute, a JSON object.
    public var keywordArguments: JSONText
    /// The traceback's strings. They show the server's code: keep them inside.
    @Bytewise public var traceback: [String]

    /// Makes an exception; what is left out is empty.
    public init(
        module: String,
        className: String,
        message: String = "",
        arguments: JSONText = RemoteError.noArguments,
        keywordArguments: JSONText = .emptyObject,
        traceback: [String] = []
    ) {
        self.module = module
        self.className = className
        self.message = message
        self.arguments = arguments
        self.keywordArguments = keywordArguments
        self.traceback = traceback
    }

    /// `[]`.
    public static let noArguments = JSONText(validated: [0x5b, 0x5d])

    /// Module and class joined by a dot, the identity that rules match.
    public var qualifiedName: String { module.isEmpty ? className : "\(module).\(className)" }

    /// The qualified name and the message, without the traceback.
    public var description: String { "\(qualifiedName): \(message)" }
}
