//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Logging

extension ConnectionLoop {
    /// Appends a method frame to the output.
    func write(_ method: Method) {
        output.write { FrameEncoder.append(method, to: &$0) }
    }

    /// Gives the socket what it takes; never waits.
    func flush() throws(AMQPError) {
        guard !output.isEmpty else { return }
        let before = output.sentPosition
        do throws(AMQPError) {
            try guarded { () throws(AMQPError) in try transport.flush(&output) }
        } catch {
            // The broker may have said why before it hung up.
            try readFrames(isReadable: true)
            throw die(error)
        }
        if output.sentPosition != before { heartbeats.didSend(at: .now) }
    }

    private func guarded(_ body: () throws(AMQPError) -> Void) throws(AMQPError) {
        guard isTLS else { return try body() }
        let bound = ContinuousClock.now + connection.configuration.operationTimeout
        let alarm = Watchdog.shared.schedule(at: bound) { [handle = connection.socketHandle] in handle.shutDown() }
        defer { Watchdog.shared.cancel(alarm) }
        try body()
    }

    /// Sends a heartbeat when one is due; ends the connection when the peer has gone silent.
    func serveHeartbeats() throws(AMQPError) {
        let now = ContinuousClock.now
        switch heartbeats.action(at: now) {
        case .nothing: return
        case .declareDead: throw die(AMQPError(.heartbeatMissed, "nothing came from the broker for two heartbeats"))
        case .send:
            // A full socket shows that bytes are on their way; one heartbeat behind them is enough.
            if output.isEmpty { output.write { FrameEncoder.appendHeartbeat(to: &$0) } }
            heartbeats.didSend(at: now)
        }
    }
}
