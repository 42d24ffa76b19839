//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Threads

/// A driver inside one process, for `memory://` and `fake://` (`oslo_messaging._drivers.impl_fake`).
///
/// Arguments, results and failures pass byte for byte, as through a broker. A message for which no server listens is
/// undeliverable; nothing is queued. A server's handler runs on the thread of the caller, so it must not block.
public final class MemoryDriver: DirectListeningDriver {
    private let controlExchange: String
    private let directory = Guarded(MemoryDirectory())
    private let waiters = ReplyWaiters()
    private let isClosed = Guarded(false)

    /// Makes a driver with no servers.
    ///
    /// - Parameter controlExchange: the exchange of targets that name none.
    public init(controlExchange: String = "openstack") { self.controlExchange = controlExchange }

    /// Calls one server of the target; see `Driver`. The call monitor and `retry` have no meaning here.
    public func call(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void
    ) {
        do throws(MessagingError) {
            let handler = try recipients(of: request.target)[0]
            let id = UniqueID()
            waiters.register(id, request, completion: completion)
            waiters.advance(id, to: .reply)
            handler(message(request) { [waiters] in waiters.receive(ReplyEnvelope(id, $0)) })
        } catch {
            completion(.failure(error))
        }
    }

    /// Hands a message to one server, or to every one for a fanout; see `Driver`.
    public func cast(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<CastReceipt, MessagingError>) -> Void
    ) {
        do throws(MessagingError) {
            for handler in try recipients(of: request.target) { handler(message(request, answer: nil)) }
            completion(.success(CastReceipt(uniqueID: UniqueID())))
        } catch {
            completion(.failure(error))
        }
    }

    /// Counts the servers that listen for a target; see `Driver`.
    public func inspect(
        _ target: Target,
        deadline: ContinuousClock.Instant,
        completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void
    ) {
        let count = directory.withLock { $0.listenerCount(address(target), server: target.server) }
        completion(.success(count > 0 ? QueueStatus(consumerCount: count, messageCount: 0) : nil))
    }

    /// Always connected; the loopback is the present.
    public var status: DriverStatus {
        DriverStatus(isConnected: true, lastLoopback: .now, waitingCalls: waiters.count)
    }

    /// Does nothing: memory is always there.
    public func start() {}

    /// Fails the calls that still wait; see `Driver`.
    public func shutdown(deadline: ContinuousClock.Instant) async {
        guard
            isClosed.withLock({ closed in
                defer { closed = true }
                return !closed
            })
        else { return }
        waiters.stop(failing: MessagingError(.shutdown, "The transport is shutting down", execution: .maybe))
    }

    /// Lets a handler serve a target; see `DirectListeningDriver`.
    public func listen(
        on target: Target,
        handler: @escaping @Sendable (DirectMessage) -> Void
    ) throws(MessagingError) -> any DirectListener {
        guard let topic = target.topic, !topic.isEmpty, let server = target.server, !server.isEmpty else {
            throw MessagingError(.invalidTarget, "A server needs both a topic and a server name")
        }
        let address = address(target)
        let id = directory.withLock { $0.add(handler, to: address, server: server) }
        return MemoryListener { [directory] in directory.withLock { $0.remove(id, from: address) } }
    }

    private func address(_ target: Target) -> MemoryDirectory.Address {
        MemoryDirectory.Address(exchange: target.exchange ?? controlExchange, topic: target.topic ?? "")
    }

    private func recipients(of target: Target) throws(MessagingError) -> [MemoryDirectory.Handler] {
        guard !isClosed.withLock({ $0 }) else { throw MessagingError(.shutdown, "The transport is shut down") }
        let address = address(target)
        let handlers = directory.withLock { directory in
            target.isFanout ? directory.all(address) : directory.next(address, server: target.server).map { [$0] } ?? []
        }
        guard !handlers.isEmpty else {
            let name = target.isFanout ? target.fanoutExchange : target.queueName
            throw MessagingError(.undeliverable, "No server listens on \"\(name)\" of exchange \"\(address.exchange)\"")
        }
        return handlers
    }

    private func message(_ request: RPCRequest, answer: DirectMessage.Answer?) -> DirectMessage {
        DirectMessage(
            method: request.method,
            arguments: request.arguments,
            namespace: request.target.namespace,
            version: request.target.version,
            context: request.context,
            answer: answer
        )
    }
}

private final class MemoryListener: DirectListener {
    private let onStop: @Sendable () -> Void

    init(onStop: @escaping @Sendable () -> Void) { self.onStop = onStop }

    func stop() { onStop() }
}
