// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Messaging
internal import Threads

/// No namespace, version 1.0: what `Main` of `interop_server.py` does, method for method.
struct MainEndpoint: RPCEndpoint {
    /// Python puts the class's name before a method's in the texts of its errors.
    var name: String { "Main" }
    let place: String
    let tellsAll: Bool
    private let marks = Guarded<[String: Int]>([:])

    init(place: String, tellsAll: Bool) {
        self.place = place
        self.tellsAll = tellsAll
    }

    @RPCMethodsBuilder var methods: [RPCMethod] {
        plainMethods
        markingMethods
        failingMethods
    }

    @RPCMethodsBuilder private var plainMethods: [RPCMethod] {
        RPCMethod("echo", Parameter("value", default: JSONText.null)) { _, value in
            if tellsAll { Journal.note("echo", ["value": value]) }
            return value
        }
        RPCMethod("add", "a", "b") { (_, a: Int, b: Int) in a + b }
        RPCMethod("kwargs", rawArguments: { _, arguments in arguments })
        RPCMethod("length", "value") { (_, value: String) in value.unicodeScalars.count }
        RPCMethod("big", "n") { (_, n: Int) in String(repeating: "x", count: n) }
        RPCMethod("none") { _ in }
        RPCMethod("ctxt") { context in
            if tellsAll { Journal.note("ctxt", [:]) }
            return JSONText.object(context)
        }
        RPCMethod("whoami") { _ in place }
        RPCMethod("größe", "wert") { (_, wert: JSONText) in wert }
        RPCMethod("exposed") { _ in "exposed" }.exposed()
        RPCMethod("_private") { _ in "private" }
    }

    @RPCMethodsBuilder private var markingMethods: [RPCMethod] {
        RPCMethod("sleep", "seconds", Parameter("mark", default: JSONText.null), run: sleep)
        RPCMethod("block", "seconds", run: block)
        RPCMethod("hit", "mark") { (_, mark: String) in
            marks.withLock { $0[mark, default: 0] += 1 }
            Journal.note("hit", ["mark": JSONText(string: mark)])
        }
        RPCMethod("hits", "mark") { (_, mark: String) in marks.withLock { $0[mark] ?? 0 } }
    }

    @RPCMethodsBuilder private var failingMethods: [RPCMethod] {
        RPCMethod("fail", "kind") { (_, kind: String) in try Failures.raise(kind) }
        RPCMethod("fail_as_expected", "kind") { (_, kind: String) in try Failures.raise(kind) }
            .expecting(RemoteError.self)
        RPCMethod("unserializable") { _ in Double.nan }
    }

    /// Blocks the thread that runs it.
    private func block(_ context: RequestContext, _ seconds: Double) -> Double {
        usleep(useconds_t(seconds * 1_000_000))
        return seconds
    }

    private func sleep(_ context: RequestContext, _ seconds: JSONText, _ mark: JSONText) async throws -> JSONText {
        Journal.note("sleep", ["seconds": seconds, "mark": mark])
        try await Task.sleep(for: .seconds(Double(seconds.string) ?? 0))
        Journal.note("slept", ["seconds": seconds, "mark": mark])
        return seconds
    }
}
