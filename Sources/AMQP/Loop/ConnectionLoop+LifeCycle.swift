//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Logging

extension ConnectionLoop {
    /// Speaks the handshake and opens the channel, all within the deadline.
    func logIn(deadline: ContinuousClock.Instant) throws(AMQPError) {
        do throws(AMQPError) {
            try transport.sendProtocolHeader()
            try authenticate(deadline: deadline)
            try negotiate(deadline: deadline)
            write(.connectionOpen(virtualHost: connection.configuration.virtualHost))
            _ = try awaitReply(.connectionOpenOk, until: deadline)
            write(.channelOpen)
            _ = try awaitReply(.channelOpenOk, until: deadline)
        } catch {
            throw die(error)
        }
        isLoggedIn = true
    }

    private func authenticate(deadline: ContinuousClock.Instant) throws(AMQPError) {
        let configuration = connection.configuration
        let mechanism = configuration.authentication == .plain ? "PLAIN" : "EXTERNAL"
        let reply = try awaitReply(.connectionStart, until: deadline)
        guard case .start(let versionIsSupported, let mechanisms) = reply else { throw unexpected(reply) }
        guard versionIsSupported else { throw .protocolViolation("the broker does not speak AMQP 0-9-1") }
        guard mechanisms.split(separator: " ").contains(Substring(mechanism)) else {
            throw AMQPError(.authenticationFailed, "the broker does not offer SASL \(mechanism)")
        }
        write(
            .connectionStartOk(
                clientProperties: configuration.clientProperties,
                mechanism: mechanism,
                response: configuration.saslResponse
            )
        )
    }

    private func negotiate(deadline: ContinuousClock.Instant) throws(AMQPError) {
        let reply = try awaitReply(.connectionTune, until: deadline)
        guard case .tune(let channels, let frame, let interval) = reply else { throw unexpected(reply) }
        let configuration = connection.configuration
        // 0 means "no limit" for channels and frames, and "off" for heartbeats.
        let channelMaximum = Self.smaller(channels, UInt16(configuration.channelMaximum))
        let frameMaximum = Self.smaller(frame, UInt32(configuration.frameMaximum))
        let heartbeat = configuration.heartbeatSeconds == 0 ? 0 : Self.smaller(interval, configuration.heartbeatSeconds)
        guard frameMaximum >= 4096 else { throw .protocolViolation("the broker's frame maximum is below 4096") }
        try transport.tune(channelMaximum: channelMaximum, frameMaximum: frameMaximum)
        write(.connectionTuneOk(channelMaximum: channelMaximum, frameMaximum: frameMaximum, heartbeat: heartbeat))
        self.frameMaximum = isTLS ? min(Int(frameMaximum), Transport.tlsFrameMaximum) : Int(frameMaximum)
        heartbeats = HeartbeatMonitor(interval: .seconds(heartbeat), now: .now)
    }

    private static func smaller<Integer: FixedWidthInteger>(_ theirs: Integer, _ ours: Integer) -> Integer {
        if theirs == 0 { return ours }
        return ours == 0 ? theirs : min(theirs, ours)
    }

    /// Whether a requested close has been carried out; starts it when nothing is under way any more.
    func closeIsDone() throws(AMQPError) -> Bool {
        guard let closeDeadline else { return false }
        let isIdle = commands.isEmpty && tracker.isEmpty
        guard isIdle || ContinuousClock.now >= closeDeadline else { return false }
        guard isIdle, !isBlocked else { return true }
        write(.connectionClose)
        do throws(AMQPError) {
            _ = try awaitReply(.connectionCloseOk, until: closeDeadline)
        } catch {
            // The user wanted an end and has it; that the broker did not say goodbye changes nothing.
            connection.logger.debug("close unanswered", metadata: ["error.type": "\(error.shortDescription)"])
        }
        return true
    }

    /// Lets go of the socket and tells everything that was under way how it ended.
    func close(after error: AMQPError?) {
        // The broker's close wants an answer, and a failed set-up a goodbye; what the socket does not take at once
        // does not matter any more.
        if fatal == nil, error != nil { write(.connectionClose) }
        if case .connectionClosed? = error?.code, fatal?.reply != nil { write(.connectionCloseOk) }
        try? transport.flush(&output)
        connection.setOpen(false)
        let reason = error ?? .closedByThisSide
        takeBackUnsent(reason)
        tracker.failAll(reason, sentPosition: output.sentPosition, into: &conclusions)
        failCommands(reason)
        tell()
        connection.socketHandle.close()
    }

    private func failCommands(_ error: AMQPError) {
        while let command = commands.popFirst() {
            switch command {
            case .publish(let request):
                conclusions.append(PublishConclusion(request, .failed(error, wasSent: false)))
            case .perform(let operation): operation.fail(error)
            case .acknowledge, .reject: break
            }
        }
    }
}
