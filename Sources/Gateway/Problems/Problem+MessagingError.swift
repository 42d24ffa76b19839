// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Messaging

extension Problem {
    /// The one place where a failure of a call or cast becomes a problem (tables A to C of the contract).
    init(_ error: MessagingError, method: String, configuration: GatewayConfiguration) {
        if let remote = error.remote {
            self = RemoteProblem.make(remote, method: method, configuration: configuration)
        } else {
            self.init(ProblemCode(error.code), error.message)
            execution = error.execution
            stage = error.stage
        }
        messageID = error.messageID
        closesConnection = error.code == .shutdown
    }
}

extension MessagingError.Code {
    /// The exit code of a command whose call or cast has failed in this way, from the row of its problem.
    public var exitCode: Int32 { ProblemCode(self).facts.exit }
}

extension ProblemCode {
    /// The problem's code for a failure of a call or cast.
    init(_ code: MessagingError.Code) {
        self =
            switch code.known {
            case .invalidTarget: .invalidTarget
            case .versionCapExceeded: .versionCapExceeded
            case .invalidRequest: .invalidRequest
            case .undeliverable: .undeliverable
            case .noConsumers: .noConsumers
            case .timeout: .timeout
            case .callMonitorTimeout: .callMonitorTimeout
            case .brokerUnavailable: .brokerUnavailable
            case .deliveryUnknown: .deliveryUnknown
            case .brokerRejected: .brokerRejected
            case .brokerBlocked: .brokerBlocked
            case .brokerConfiguration: .brokerConfiguration
            case .messageTooLarge: .messageTooLarge
            case .badReply: .badReply
            case .remote: .remoteException
            case .overloaded: .overloaded
            case .cancelled: .clientGone
            case .shutdown: .draining
            }
    }
}
