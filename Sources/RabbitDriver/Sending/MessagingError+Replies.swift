// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

extension MessagingError {
    /// The error of a reply that was given up.
    init(_ reason: ReplyRetries.Reason) {
        switch reason {
        case .missingQueue: self.init(.undeliverable, "The caller's reply queue does not exist", stage: .publish)
        case .broker: self.init(.brokerUnavailable, "No broker took the reply in time", stage: .publish)
        case .overload: self.init(.overloaded, "Too many replies wait to be sent again", stage: .publish)
        case .shutdown: self.init(.shutdown, "The transport is shutting down", stage: .publish)
        }
    }
}

extension MessagingError.Code {
    /// Whether the same message may be taken a little later.
    var isPassing: Bool {
        switch known {
        case .brokerUnavailable, .deliveryUnknown, .timeout, .brokerBlocked, .overloaded, .brokerRejected: true
        case .invalidTarget, .versionCapExceeded, .invalidRequest, .undeliverable, .noConsumers, .callMonitorTimeout,
            .brokerConfiguration, .messageTooLarge, .badReply, .remote, .shutdown:
            false
        }
    }
}
