// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// An object whose methods callers can reach, under one namespace and version.
///
///     struct Calculator: RPCEndpoint {
///         let target = Target(version: "1.1")
///
///         var methods: [RPCMethod] {
///             RPCMethod("add", "a", "b", run: add)
///         }
///
///         func add(_ context: RequestContext, _ a: Int, _ b: Int) async throws -> Int { a + b }
///     }
public protocol RPCEndpoint: Sendable {
    /// The namespace, the version and the legacy namespaces; the rest of the target is ignored. By default the null
    /// namespace and version 1.0.
    var target: Target { get }

    /// What stands before a method's name in messages; by default the type's name.
    var name: String { get }

    /// The methods, read once when the server is made. If two have one name the first counts.
    @RPCMethodsBuilder var methods: [RPCMethod] { get }
}

extension RPCEndpoint {
    /// The null namespace, version 1.0.
    public var target: Target { Target() }

    /// The name of the type.
    public var name: String { String(describing: Self.self) }
}

/// Collects the methods of an endpoint.
@resultBuilder
public enum RPCMethodsBuilder {
    /// Takes one method.
    public static func buildExpression(_ method: RPCMethod) -> [RPCMethod] { [method] }

    /// Takes several methods.
    public static func buildExpression(_ methods: [RPCMethod]) -> [RPCMethod] { methods }

    /// Joins them.
    public static func buildBlock(_ methods: [RPCMethod]...) -> [RPCMethod] { methods.flatMap(\.self) }

    /// Takes the methods of a condition.
    public static func buildOptional(_ methods: [RPCMethod]?) -> [RPCMethod] { methods ?? [] }

    /// Takes the methods of one branch.
    public static func buildEither(first methods: [RPCMethod]) -> [RPCMethod] { methods }

    /// Takes the methods of the other branch.
    public static func buildEither(second methods: [RPCMethod]) -> [RPCMethod] { methods }

    /// Takes the methods of a loop.
    public static func buildArray(_ methods: [[RPCMethod]]) -> [RPCMethod] { methods.flatMap(\.self) }
}

/// Answers `oslo_rpc_server_ping` with `pong`, whatever the arguments (`rpc_ping_enabled`).
struct PingEndpoint: RPCEndpoint {
    static let method = "oslo_rpc_server_ping"

    var methods: [RPCMethod] {
        RPCMethod(Self.method, rawArguments: { _, _ in JSONText(string: "pong") })
    }
}
