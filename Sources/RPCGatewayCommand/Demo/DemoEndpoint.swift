// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Messaging
internal import Threads

/// A small service for trying out the gateway, or any oslo.messaging client.
final class DemoEndpoint: RPCEndpoint {
    let name = "Demo"
    private let count = Guarded(0)

    /// The server that runs it.
    static func server(
        on driver: any ListeningDriver,
        topic: String = "demo",
        server: String = "local",
        logger: Logger
    ) -> RPCServer {
        RPCServer(
            driver: driver,
            target: Target(topic: topic, server: server),
            endpoints: [DemoEndpoint()],
            configuration: RPCServerConfiguration(executor: .immediate(), answersPings: true),
            logger: logger
        )
    }

    var methods: [RPCMethod] {
        RPCMethod("echo", Parameter("value", default: JSONText.null)) { _, value in value }
        RPCMethod("add", "a", "b") { _, left, right in try DemoSum.add(left, right) }
        RPCMethod("sleep", "seconds", run: sleep)
        RPCMethod("fail", Parameter("kind", default: "value_error"), run: fail)
        RPCMethod("count") { [self] _ in increment(by: 1) }
        RPCMethod("counter") { [self] _ in increment(by: 0) }
    }

    private func increment(by step: Int) -> Int {
        count.withLock { count in
            count += step
            return count
        }
    }

    /// Answers after a number of seconds from 0 to 3600, with that number.
    private func sleep(_ context: RequestContext, _ seconds: JSONText) async throws -> JSONText {
        guard let number = Double(seconds.string), (0...3600).contains(number) else {
            throw RemoteError.valueError("seconds is a number from 0 to 3600")
        }
        try await Task.sleep(for: .seconds(number))
        return seconds
    }

    /// Fails in the way that the kind names; `silent` answers after an hour, so that a time-out can be seen.
    private func fail(_ context: RequestContext, _ kind: String) async throws {
        if kind == "silent" { return try await Task.sleep(for: .seconds(3600)) }
        guard let failure = DemoException.kinds[kind] else {
            let kinds = (DemoException.kinds.keys.sorted() + ["silent"]).joined(separator: ", ")
            throw RemoteError.valueError("kind is one of \(kinds)")
        }
        throw failure
    }
}

/// An exception with a status code, as the services of OpenStack raise them.
struct DemoException: ExpectedRPCException {
    let moduleName = "demo.exceptions"
    let className: String
    let message: String
    let code: Int

    var keywordArguments: JSONText { (try? JSONText("{\"code\": \(code)}")) ?? .emptyObject }

    /// The kinds of failure that the demo's `fail` knows.
    static let kinds: [String: any Error] = [
        "value_error": RemoteError.valueError("the demo was asked to fail"),
        "key_error": RemoteError.builtin("KeyError", "'missing'"),
        "not_implemented": RemoteError.builtin("NotImplementedError", ""),
        "not_found": DemoException(className: "NotFound", message: "Instance 42 could not be found.", code: 404),
        "conflict": DemoException(className: "Conflict", message: "Instance 42 is locked.", code: 409),
        "quota": DemoException(className: "QuotaExceeded", message: "Quota exceeded for instances.", code: 413),
        "unavailable": DemoException(className: "ServiceUnavailable", message: "The backend is down.", code: 503),
    ]
}

/// Adds two JSON values as Python would: integers of 64 bits, other numbers as floats, texts by joining them.
enum DemoSum {
    static func add(_ left: JSONText, _ right: JSONText) throws(RemoteError) -> JSONText {
        if let left = left.stringValue, let right = right.stringValue { return JSONText(string: left + right) }
        if let left = Int64(left.string), let right = Int64(right.string) {
            let (sum, overflows) = left.addingReportingOverflow(right)
            if !overflows { return try text("\(sum)") }
        }
        guard let left = Double(left.string), let right = Double(right.string), (left + right).isFinite else {
            throw .typeError("unsupported operand type(s) for +")
        }
        return try text("\(left + right)")
    }

    private static func text(_ number: String) throws(RemoteError) -> JSONText {
        do {
            return try JSONText(number)
        } catch {
            throw .valueError("\(error)")
        }
    }
}
