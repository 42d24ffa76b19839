//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Logging
internal import Threads

/// What the owner thread does from its first to its last breath; touched by that thread only.
final class OwnerThread {
    private let connection: Connection
    private let setUp: @Sendable (Channel) throws(AMQPError) -> Void

    init(_ connection: Connection, setUp: @escaping @Sendable (Channel) throws(AMQPError) -> Void) {
        self.connection = connection
        self.setUp = setUp
    }

    func run() {
        do throws(AMQPError) {
            try runLoop()
        } catch {
            // No loop came to be: only the mailbox has something to tell.
            finish(error)
        }
    }

    private func runLoop() throws(AMQPError) {
        let loop = try connect()
        var ending: AMQPError?
        do throws(AMQPError) {
            try setUp(Channel(loop))
            try loop.failIfFatal()
            try announce()
            try loop.serve()
        } catch {
            ending = error
        }
        loop.close(after: ending)
        finish(ending)
    }

    private func announce() throws(AMQPError) {
        // Told already by the watchdog: the user counts the connection as failed.
        guard connection.startCompletion.withLock({ $0 != nil }) else {
            throw AMQPError(.connectTimedOut, "connecting took too long")
        }
        connection.setOpen(true)
        connection.logger.debug("connection opened")
        connection.tellStarted(.success(()))
    }

    private func connect() throws(AMQPError) -> ConnectionLoop {
        let configuration = connection.configuration
        if let defect = configuration.defect { throw defect }
        let deadline = ContinuousClock.now + configuration.connectTimeout
        let transport = try open(configuration, deadline: deadline)
        let loop = ConnectionLoop(connection, transport)
        do throws(AMQPError) {
            // Looked at after the loop has made the socket known: `abort` either finds the socket or is seen here.
            if connection.mailbox.withState({ $0.isAborted }) { throw .closedByThisSide }
            try loop.logIn(deadline: deadline)
        } catch {
            loop.close(after: error)
            throw error
        }
        return loop
    }

    private func open(
        _ configuration: ConnectionConfiguration,
        deadline: ContinuousClock.Instant
    ) throws(AMQPError) -> Transport {
        // getaddrinfo knows no deadline; whoever waits for `start` must not depend on it.
        let alarm = Watchdog.shared.schedule(at: deadline + .milliseconds(100)) { [connection] in
            connection.tellStarted(.failure(AMQPError(.connectTimedOut, "the host name took too long to look up")))
        }
        defer { Watchdog.shared.cancel(alarm) }
        return try Transport(configuration, timeout: configuration.connectTimeout)
    }

    private func finish(_ error: AMQPError?) {
        connection.setOpen(false)
        connection.setBlocked(false)
        let remains = connection.mailbox.finish()
        let reason = remains.isAborted ? nil : error
        fail(remains.commands, reason ?? .closedByThisSide)
        connection.tellStarted(.failure(reason ?? .closedByThisSide))
        connection.logger.debug(
            "connection closed",
            metadata: ["error.type": "\(reason?.shortDescription ?? "none")"]
        )
        connection.delegate?.connection(connection, didCloseWith: reason)
        for completion in remains.closeCompletions { completion() }
    }

    private func fail(_ commands: [Command], _ error: AMQPError) {
        for command in commands {
            switch command {
            case .publish(let request): request.completion(.failed(error, wasSent: false))
            case .perform(let operation): operation.fail(error)
            case .acknowledge, .reject: break
            }
        }
    }
}
