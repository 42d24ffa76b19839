// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension AMQPError {
    /// The error of a channel that the broker closed.
    static func channelClosed(by reply: Reply) -> AMQPError {
        AMQPError(code(of: reply) ?? .channelClosed, "the broker closed the channel", reply: reply)
    }

    /// The error of a connection that the broker closed.
    static func connectionClosed(by reply: Reply, duringLogin: Bool) -> AMQPError {
        // 403 before the connection is open is about the credentials, afterwards about a permission.
        if duringLogin, reply.code == 403 {
            return AMQPError(.authenticationFailed, "the broker refused the credentials", reply: reply)
        }
        let code = reply.code == 530 || reply.code == 403 ? code(of: reply) : nil
        return AMQPError(code ?? .connectionClosed, "the broker closed the connection", reply: reply)
    }

    static func invalidArgument(_ message: String) -> AMQPError { AMQPError(.invalidArgument, message) }

    static func protocolViolation(_ message: String) -> AMQPError { AMQPError(.protocolViolation, message) }

    static let closedByThisSide = AMQPError(.connectionClosed, "the connection was closed by this side")

    private static func code(of reply: Reply) -> Code? {
        switch reply.code {
        case 403: .accessRefused
        case 404: .notFound
        case 405: .resourceLocked
        case 406: .preconditionFailed
        case 530: .notAllowed
        default: nil
        }
    }
}
