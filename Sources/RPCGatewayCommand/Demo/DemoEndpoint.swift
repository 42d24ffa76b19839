// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Messaging
internal import Threads

/// A small service to try the gateway, or any oslo.messaging client, with.
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
            configuration: RPCServerConfiguration(answersPings: true),
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

    /// Ends as the kind says; `silent` answers after an hour, so that a time-out can be seen.
    private func fail(_ context: RequestContext, _ kind: String) async throws {
        if kind == "silent" { return try await Task.sleep(for: .seconds(3600)) }
        guard let failure = DemoException.kinds[kind] else {
            let kinds = (DemoException.kinds.keys.sorted() + ["silent"]).joined(separator: ", ")
            throw RemoteError.valueError("kind is one of \(kinds)")
        }
        throw failure
    }
}
