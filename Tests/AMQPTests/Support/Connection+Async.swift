// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Logging
import Names
import Threads

/// A started connection and what its delegate hears.
struct TestConnection {
    let connection: Connection
    let recorder: Recorder

    init(
        _ configuration: ConnectionConfiguration = TestBroker.configuration,
        channels: Int = 1,
        setUp: [ChannelMethod] = []
    ) async throws {
        recorder = Recorder()
        connection = try Connection(configuration, delegate: recorder)
        try await connection.start(channels: channels).get()
        if !setUp.isEmpty { try await connection.perform(setUp) }
    }
}

extension Connection {
    convenience init(_ configuration: ConnectionConfiguration, delegate: (any ConnectionDelegate)? = nil) throws {
        self.init(
            configuration: configuration,
            loop: try .shared(),
            logger: Logger(label: "test"),
            delegate: delegate
        )
    }

    func start(channels: Int = 1) async -> Result<Void, AMQPError> {
        await withCheckedContinuation { continuation in
            start(channels: channels) { continuation.resume(returning: $0) }
        }
    }

    @discardableResult
    func perform(_ methods: [ChannelMethod], on channel: Int = 1) async throws -> [MethodReply] {
        let result: Result<[MethodReply], AMQPError> = await withCheckedContinuation { continuation in
            perform(methods, on: channel) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func publish(
        exchange: Name = "",
        routingKey: Name,
        isMandatory: Bool = false,
        properties: Properties = Properties(),
        body: [UInt8] = [],
        declaring: ExchangeDeclaration? = nil,
        looksFirst: Bool = false,
        binding: QueueBinding? = nil,
        declaresAnew: Bool = false,
        proof: PublishProof = .confirm,
        deadline: Moment? = nil,
        isPatient: Bool = false,
        on channel: Int = 1
    ) async -> PublishOutcome {
        await withCheckedContinuation { continuation in
            publish(
                PublishRequest(
                    exchange: exchange,
                    routingKey: routingKey,
                    isMandatory: isMandatory,
                    properties: .own(properties),
                    body: body,
                    declaring: declaring,
                    looksFirst: looksFirst,
                    binding: binding,
                    declaresAnew: declaresAnew,
                    proof: proof,
                    deadline: deadline,
                    isPatient: isPatient
                ) { continuation.resume(returning: $0) },
                on: channel
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
