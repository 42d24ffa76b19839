// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CRabbitMQ
internal import Glibc

extension AMQPError {
    /// The error of a socket that rabbitmq-c could not open, with the operating system's reason (`errno`).
    static func connecting(status: Int32, reason: Int32, to configuration: ConnectionConfiguration) -> AMQPError {
        let address = "\(configuration.host):\(configuration.port)"
        switch status {
        case AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED.rawValue:
            return AMQPError(.hostNotFound, "the host name \(configuration.host) has no address")
        case AMQP_STATUS_TIMEOUT.rawValue:
            return AMQPError(.connectTimedOut, "no connection to \(address) in time")
        case AMQP_STATUS_SOCKET_ERROR.rawValue where shortages.contains(reason):
            return AMQPError(.outOfResources, "no socket for \(address): \(String(cString: strerror(reason)))")
        case AMQP_STATUS_SOCKET_ERROR.rawValue, AMQP_STATUS_TCP_ERROR.rawValue:
            return AMQPError(.connectionRefused, "no connection to \(address) could be made")
        case -0x2FF ... -0x200:
            return AMQPError(.tlsFailed, "TLS with \(address): \(text(of: status))")
        default:
            return AMQPError(.connectionLost, "connecting to \(address): \(text(of: status))")
        }
    }

    /// The error of a name without an address, with `getaddrinfo`'s status and the operating system's reason.
    static func resolving(_ host: String, status: Int32, reason: Int32) -> AMQPError {
        if status == EAI_MEMORY || status == EAI_SYSTEM && shortages.contains(reason) {
            return AMQPError(.outOfResources, "the name service could not be asked for \(host)")
        }
        return AMQPError(.hostNotFound, "the host name \(host) has no address")
    }

    /// The error of a socket that could not be connected to an address, with the operating system's reason.
    static func connecting(reason: Int32, to address: String) -> AMQPError {
        let text = String(cString: strerror(reason))
        if shortages.contains(reason) { return AMQPError(.outOfResources, "no socket for \(address): \(text)") }
        if reason == ETIMEDOUT { return AMQPError(.connectTimedOut, "no connection to \(address) in time") }
        return AMQPError(.connectionRefused, "no connection to \(address) could be made: \(text)")
    }

    private static let shortages = [EMFILE, ENFILE, ENOBUFS, ENOMEM]

    /// The error of a connection on which reading or writing failed.
    static func broken(status: Int32) -> AMQPError {
        switch status {
        case AMQP_STATUS_BAD_AMQP_DATA.rawValue, AMQP_STATUS_UNKNOWN_CLASS.rawValue,
            AMQP_STATUS_UNKNOWN_METHOD.rawValue:
            .protocolViolation("the peer sent bytes that are no AMQP frame: \(text(of: status))")
        case AMQP_STATUS_NO_MEMORY.rawValue:
            AMQPError(.internalFailure, text(of: status))
        case AMQP_STATUS_CONNECTION_CLOSED.rawValue:
            AMQPError(.connectionLost, "the peer ended the connection")
        default:
            AMQPError(.connectionLost, text(of: status))
        }
    }

    private static func text(of status: Int32) -> String {
        // The library returns a pointer to a constant of its own for every number.
        String(cString: amqp_error_string2(status))
    }
}
