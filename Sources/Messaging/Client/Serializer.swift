// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Turns arguments, results and contexts into what travels and back (`oslo_messaging.Serializer`).
///
/// Called once for each argument and once for the result, on the task of the caller.
public protocol Serializer: Sendable {
    /// Makes the wire form of one argument, or of a server's result.
    func serialize(_ argument: JSONText, context: RequestContext) throws -> JSONText

    /// Makes the caller's form of a result, or the server's form of an argument.
    func deserialize(_ result: JSONText, context: RequestContext) throws -> JSONText

    /// Makes the wire form of a context.
    func serialize(_ context: RequestContext) throws -> RequestContext

    /// Makes the server's form of a context.
    func deserialize(_ context: RequestContext) throws -> RequestContext
}

extension Serializer {
    /// Returns the context.
    public func deserialize(_ context: RequestContext) throws -> RequestContext { context }
}

/// Leaves everything as it is (`oslo_messaging.NoOpSerializer`).
public struct NoOpSerializer: Serializer {
    /// Makes the serializer.
    public init() {}

    /// Returns the argument.
    public func serialize(_ argument: JSONText, context: RequestContext) -> JSONText { argument }

    /// Returns the result.
    public func deserialize(_ result: JSONText, context: RequestContext) -> JSONText { result }

    /// Returns the context.
    public func serialize(_ context: RequestContext) -> RequestContext { context }
}
