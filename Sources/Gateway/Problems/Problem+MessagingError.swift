// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

extension Problem {
    /// The one place where a failure of a call or cast becomes a status (tables A to C of the contract).
    init(_ error: MessagingError, method: String, configuration: GatewayConfiguration) {
        if let remote = error.remote {
            self = RemoteProblem.make(remote, method: method, configuration: configuration)
        } else {
            self.init(Self.status(error.code), error.code.description, error.message)
            origin = Self.origin(error.code)
            execution = error.execution
            isRetryable = execution == .no && Self.mayPass.contains(error.code)
            stage = error.stage
        }
        messageID = error.messageID
        closesConnection = error.code == .shutdown
    }

    private static func status(_ code: MessagingError.Code) -> Int {
        switch code {
        case .invalidTarget, .versionCapExceeded, .invalidRequest: 400
        case .undeliverable, .noConsumers, .brokerUnavailable, .deliveryUnknown, .brokerRejected, .brokerBlocked,
            .overloaded, .shutdown:
            503
        case .timeout, .callMonitorTimeout: 504
        // The operator has to mend the broker or the options: asking again does not help.
        case .brokerConfiguration: 500
        case .messageTooLarge: 413
        case .badReply: 502
        default: 500
        }
    }

    private static func origin(_ code: MessagingError.Code) -> Origin {
        switch code {
        case .undeliverable, .noConsumers, .brokerUnavailable, .deliveryUnknown, .brokerRejected, .brokerBlocked,
            .brokerConfiguration, .messageTooLarge:
            .broker
        case .badReply: .remote
        default: .gateway
        }
    }

    /// Failures whose cause may be gone the next time.
    private static let mayPass: Set<MessagingError.Code> = [
        .undeliverable, .noConsumers, .brokerUnavailable, .brokerRejected, .brokerBlocked, .overloaded, .shutdown,
        .timeout,
    ]
}
