//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import AMQP
import Logging

/// A started connection and what its delegate hears.
struct TestConnection {
    let connection: Connection
    let recorder: Recorder

    init(
        _ configuration: ConnectionConfiguration = TestBroker.configuration,
        setUp: @escaping @Sendable (Channel) throws(AMQPError) -> Void = { (_) throws(AMQPError) in }
    ) async throws {
        recorder = Recorder()
        connection = Connection(configuration: configuration, logger: Logger(label: "test"), delegate: recorder)
        try await connection.start(setUp: setUp).get()
    }
}

extension Connection {
    func start(
        setUp: @escaping @Sendable (Channel) throws(AMQPError) -> Void = { (_) throws(AMQPError) in }
    ) async -> Result<Void, AMQPError> {
        await withCheckedContinuation { continuation in
            start(setUp: setUp) { continuation.resume(returning: $0) }
        }
    }

    @discardableResult
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (Channel) throws(AMQPError) -> Value
    ) async throws -> Value {
        let result: Result<Value, AMQPError> = await withCheckedContinuation { continuation in
            perform(body) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func publish(
        exchange: String = "",
        routingKey: String,
        isMandatory: Bool = false,
        properties: Properties = Properties(),
        body: [UInt8] = [],
        declaring: ExchangeDeclaration? = nil,
        binding: QueueBinding? = nil,
        declaresAnew: Bool = false,
        deadline: ContinuousClock.Instant? = nil
    ) async -> PublishOutcome {
        await withCheckedContinuation { continuation in
            publish(
                PublishRequest(
                    exchange: exchange,
                    routingKey: routingKey,
                    isMandatory: isMandatory,
                    properties: properties,
                    body: body,
                    declaring: declaring,
                    binding: binding,
                    declaresAnew: declaresAnew,
                    deadline: deadline
                ) { continuation.resume(returning: $0) }
            )
        }
    }

    func close() async {
        await withCheckedContinuation { continuation in
            close { continuation.resume() }
        }
    }
}

extension PublishOutcome {
    var error: AMQPError? {
        if case .failed(let error, _) = self { error } else { nil }
    }

    var wasSent: Bool? {
        if case .failed(_, let wasSent) = self { wasSent } else { nil }
    }
}
