// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
internal import Threads

/// A connection that is logged in and not yet driven by a loop.
struct Dialed: @unchecked Sendable {
    // Sound: handed over from the dialling thread to the loop, never shared by both.
    let transport: Transport
    let channelMaximum: UInt16
    let frameMaximum: Int
    let heartbeat: Duration
}

/// One attempt to connect and log in, on a thread of its own, as name service, TCP, TLS and handshake wait inside
/// libraries.
final class Dialer: Sendable {
    private let configuration: ConnectionConfiguration
    private let addresses: HostAddresses
    private let deadline: Moment
    /// The sockets of the whole connection, and the one of this attempt.
    private let connectionHandle: SocketHandle
    private let ownHandle = SocketHandle()
    private let isCancelled = Atomic(false)
    private let isConnectionWanted: @Sendable () -> Bool

    /// - Parameters:
    ///   - addresses: shared with other attempts at the same host.
    ///   - isWanted: whether anybody still wants the connection.
    init(
        _ configuration: ConnectionConfiguration,
        _ addresses: HostAddresses,
        deadline: Moment,
        socketHandle: SocketHandle,
        isWanted: @escaping @Sendable () -> Bool
    ) {
        self.configuration = configuration
        self.addresses = addresses
        self.deadline = deadline
        connectionHandle = socketHandle
        isConnectionWanted = isWanted
    }

    /// Starts the thread; the completion runs on it, once.
    func start(completion: @escaping @Sendable (Result<Dialed, AMQPError>) -> Void) throws(OutOfResources) {
        // Dropping the handle detaches the thread, which may hang in the name service for longer than anybody waits.
        _ = try OwnedThread(name: "amqp-dial") { [self] in completion(dial()) }
    }

    /// Ends the attempt, which fails soon.
    func cancel() {
        isCancelled.store(true, ordering: .sequentiallyConsistent)
        ownHandle.shutDown()
    }

    /// The connection is the loop's now; a cancellation that comes late must not touch it.
    func handOver(_ fileDescriptor: Int32) { ownHandle.close(fileDescriptor) }

    private var isWanted: Bool { !isCancelled.load(ordering: .sequentiallyConsistent) && isConnectionWanted() }

    private func dial() -> Result<Dialed, AMQPError> {
        do throws(AMQPError) {
            try addresses.resolve(configuration.host, configuration.port)
            let transport = try connect()
            transport.makeKnown(to: [connectionHandle, ownHandle])
            // Looked at after the socket was made known: a cancellation either finds the socket or is seen here.
            guard isWanted else { throw .closedByThisSide }
            return .success(try Handshake(transport: transport, configuration: configuration, deadline: deadline).run())
        } catch {
            return .failure(error)
        }
    }

    private func connect() throws(AMQPError) -> Transport {
        guard configuration.tls != nil else {
            let race = AddressRace(addresses: addresses, deadline: deadline) { [self] in isWanted }
            return try Transport(socket: race.run())
        }
        // There the library connects by itself, to one address after the other; other attempts run beside this one.
        var failure: AMQPError?
        while isWanted, let address = addresses.take() {
            do throws(AMQPError) {
                let address = addresses.isOnly ? nil : address
                return try Transport(configuration, at: address, timeout: deadline - .now)
            } catch {
                failure = error
            }
        }
        throw failure ?? AMQPError(.connectionRefused, "no address of the host is left to be tried")
    }
}
