//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Glibc
internal import Logging
internal import Threads

/// The state of an open connection and the loop that drives it; touched by the owner thread only.
///
/// A turn writes what is pending, waits for the socket, a wake-up or the next due time, reads every frame there is,
/// and then tells what came of it: reading comes before the next batch of commands, so that a `connection.blocked` or
/// a close is noticed before more is written. Calls on the channel run turns of their own until their reply is there,
/// so heartbeats, confirms and deliveries go on meanwhile. No lock is held anywhere in here.
final class ConnectionLoop {
    /// Publishes are encoded only while fewer bytes than this wait for the socket.
    static let outputHighWaterBytes = 256 << 10
    static let sweepInterval = Duration.milliseconds(50)

    let connection: Connection
    let transport: Transport
    let isTLS: Bool
    var output = OutputBuffer()
    var frameMaximum = 4096
    var heartbeats: HeartbeatMonitor

    // What frames have brought and nobody has been told yet.
    var assembler: ContentAssembler
    var deliveries: [Delivery] = []
    var deliveredBytes = 0
    var conclusions: [PublishConclusion] = []
    var hasMoreInput = false

    // The reply a call waits for.
    var awaited: MethodID?
    var reply: Reply?

    // The life of the channel.
    var tracker = ConfirmTracker()
    var isConfirming = false
    var declared = DeclaredExchanges()
    var boundQueues = DeclaredBindings()
    var deliveryTags = DeliveryTagTranslation()
    var consumersWithoutAck: Set<String> = []
    var channelFailure: AMQPError?

    // The life of the connection.
    var isLoggedIn = false
    var isBlocked = false
    var fatal: AMQPError?
    var closeDeadline: ContinuousClock.Instant?
    var commands = CommandQueue()
    var spareCommands: [Command] = []
    /// Whether a call has waited for the broker since the present batch of commands began.
    var hasCalled = false
    var nextSweep: ContinuousClock.Instant
    var strings = RepeatedStrings()
    private var pollEntries: [pollfd]

    /// What is told in a turn wakes others once; commands left for this connection are taken right after it anyway.
    private let tellOnTheWay: WakeUpBatch

    init(_ connection: Connection, _ transport: Transport) {
        let now = ContinuousClock.now
        self.connection = connection
        self.transport = transport
        tellOnTheWay = WakeUpBatch(ignoring: connection.wakeUp)
        isTLS = transport.isTLS
        heartbeats = HeartbeatMonitor(interval: .zero, now: now)
        assembler = ContentAssembler(maximumBodyBytes: connection.configuration.maximumBodyBytes)
        nextSweep = now
        pollEntries = [
            pollfd(fd: transport.fileDescriptor, events: 0, revents: 0),
            pollfd(fd: connection.wakeUp.fileDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        connection.socketHandle.open(transport.fileDescriptor)
    }

    /// Runs until the connection was closed in order; throws when it ends otherwise.
    func serve() throws(AMQPError) {
        while true {
            try turn(until: closeDeadline, takesWakeUps: true)
            try recoverChannel()
            try runCommands()
            sweepDeadlines()
            if try closeIsDone() { return }
        }
    }

    /// One turn; `takesWakeUps` is false while a call waits, because commands have to wait for its end.
    func turn(until deadline: ContinuousClock.Instant?, takesWakeUps: Bool) throws(AMQPError) {
        try failIfFatal()
        try flush()
        let isReadable = wait(until: deadline, takesWakeUps: takesWakeUps)
        if isReadable || hasMoreInput { try readFrames(isReadable: isReadable) }
        try serveHeartbeats()
        if takesWakeUps { tellOnTheWay.run { tell() } } else { tell() }
    }

    func failIfFatal() throws(AMQPError) {
        if let fatal { throw fatal }
    }

    /// Marks the connection as beyond use.
    func die(_ error: AMQPError) -> AMQPError {
        fatal = fatal ?? error
        return fatal ?? error
    }

    func unexpected(_ reply: Reply) -> AMQPError {
        die(.protocolViolation("the broker answered with something else: \(reply)"))
    }

    private func wait(until deadline: ContinuousClock.Instant?, takesWakeUps: Bool) -> Bool {
        pollEntries[0].events = Int16(output.isEmpty ? POLLIN : POLLIN | POLLOUT)
        let count: nfds_t = takesWakeUps ? 2 : 1
        let ready = poll(&pollEntries, count, timeout(until: deadline, takesWakeUps: takesWakeUps))
        // An interrupted poll leaves stale results behind; the next one will tell.
        guard ready > 0 else { return false }
        if takesWakeUps, pollEntries[1].revents != 0 { connection.wakeUp.clear() }
        // Hang-up and error count as readable: the read says what happened.
        return pollEntries[0].revents & ~Int16(POLLOUT) != 0
    }

    private func timeout(until deadline: ContinuousClock.Instant?, takesWakeUps: Bool) -> Int32 {
        if hasMoreInput { return 0 }
        if takesWakeUps, !commands.isEmpty, output.pendingBytes < Self.outputHighWaterBytes { return 0 }
        let sweep = takesWakeUps && needsSweeps ? nextSweep : nil
        guard let next = [deadline, heartbeats.nextInstant, sweep].lazy.compactMap(\.self).min() else { return -1 }
        return (next - .now).pollMilliseconds
    }
}
