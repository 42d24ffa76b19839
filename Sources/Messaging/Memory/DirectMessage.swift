//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A message as a server gets it.
public struct DirectMessage: Sendable {
    /// How a server answers.
    public typealias Answer = @Sendable (Result<JSONText, RemoteError>) -> Void

    /// The method to run.
    public var method: String
    /// The keyword arguments, a JSON object.
    public var arguments: JSONText
    /// The namespace; nil is the null namespace.
    public var namespace: String?
    /// The version that the caller needs.
    public var version: String?
    /// The request context.
    public var context: RequestContext
    /// Sends the answer; nil for a cast. The first answer counts.
    public var answer: Answer?

    /// Makes a message.
    public init(
        method: String,
        arguments: JSONText,
        namespace: String?,
        version: String?,
        context: RequestContext,
        answer: Answer?
    ) {
        self.method = method
        self.arguments = arguments
        self.namespace = namespace
        self.version = version
        self.context = context
        self.answer = answer
    }
}
