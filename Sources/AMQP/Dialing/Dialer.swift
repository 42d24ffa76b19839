// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// A connection that is logged in and not yet driven by a loop.
struct Dialed: @unchecked Sendable {
    // Sound: handed over from the dialling thread to the loop, never shared by both.
    let transport: Transport
    let channelMaximum: UInt16
    let frameMaximum: Int
    let heartbeat: Duration
}

/// Connects and logs in on a thread of its own: name service, TCP, TLS and the handshake wait in libraries.
struct Dialer: Sendable {
    let configuration: ConnectionConfiguration
    let deadline: Moment
    let socketHandle: SocketHandle
    /// Whether anybody still wants the connection.
    let isWanted: @Sendable () -> Bool

    /// Starts the thread; the completion runs on it, once.
    func start(completion: @escaping @Sendable (Result<Dialed, AMQPError>) -> Void) throws(OutOfResources) {
        // Dropping the handle detaches the thread: it may hang in the name service for longer than anybody waits.
        _ = try OwnedThread(name: "amqp-dial") { completion(dial()) }
    }

    private func dial() -> Result<Dialed, AMQPError> {
        do throws(AMQPError) {
            let transport = try Transport(configuration, timeout: configuration.connectTimeout)
            socketHandle.open(transport.fileDescriptor)
            // Looked at after the socket was made known: an abort either finds the socket or is seen here.
            guard isWanted() else {
                socketHandle.close()
                throw .closedByThisSide
            }
            return .success(try logIn(transport))
        } catch {
            return .failure(error)
        }
    }

    private func logIn(_ transport: Transport) throws(AMQPError) -> Dialed {
        do throws(AMQPError) {
            return try Handshake(transport: transport, configuration: configuration, deadline: deadline).run()
        } catch {
            // Forgotten before the descriptor is closed with the transport.
            socketHandle.close()
            throw error
        }
    }
}
