// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging

/// An endpoint with each kind of method.
struct Calculator: RPCEndpoint {
    var target = Target()

    struct Point: Codable, Sendable, Equatable {
        var x: Int
        var y: Int
    }

    struct Broken: Error, CustomStringConvertible {
        var description: String { "broken" }
    }

    struct NotFound: RPCException {
        let moduleName = "nova.exception"
        let className = "InstanceNotFound"
        let message = "Instance 42 could not be found."
        var keywordArguments: JSONText { (try? JSONText(#"{"code": 404}"#)) ?? .emptyObject }
    }

    var methods: [RPCMethod] {
        RPCMethod("add", "a", "b", run: add)
        RPCMethod("divide", "a", Parameter("by", default: 2)) { _, a, by in a / by }
        RPCMethod("mirror", "point") { (_, point: Point) in Point(x: point.y, y: point.x) }
        RPCMethod("three", "a", "b", "c") { (_, a: Int, b: Int, c: Int) in a + b + c }
        RPCMethod("nothing") { _ in }
        RPCMethod("context") { context in context["user"] ?? .null }
        RPCMethod("raw", rawArguments: { _, arguments in arguments })
        RPCMethod("infinite") { _ in Double.infinity }
        RPCMethod("_private") { _ in 1 }
        RPCMethod("shown") { _ in 1 }.exposed()
        failures
    }

    @RPCMethodsBuilder private var failures: [RPCMethod] {
        RPCMethod("broken") { _ in throw Broken() }
        RPCMethod("expected") { _ in throw Broken() }.expecting(Broken.self)
        RPCMethod("missing") { _ in throw NotFound() }
        RPCMethod("remote") { _ in throw RemoteError.builtin("KeyError", "'k'") }
        RPCMethod("late") { _ in throw MessagingError(.timeout, "Timed out") }
    }

    func add(_ context: RequestContext, _ a: Int, _ b: Int) async throws -> Int { a + b }
}
