// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Logging
internal import Threads

extension ConnectionCore {
    /// Connects and logs in on a thread of its own, then opens the channels here.
    func start(
        _ connection: Connection,
        channelCount: Int,
        completion: @escaping @Sendable (Result<Void, AMQPError>) -> Void
    ) {
        self.connection = connection
        startCompletion = completion
        phase = .dialing
        let deadline = Moment.now + configuration.connectTimeout
        // The name service has no deadline; whoever waits for the start must not depend on it.
        openDeadline = deadline + .milliseconds(100)
        watch = loop.watchEnd(self)
        enter { () throws(AMQPError) in
            if isAborted { throw .closedByThisSide }
            if let defect = candidates.configurations.lazy.compactMap(\.defect).first { throw defect }
            let dialing = Dialing(candidates, deadline: deadline, channelCount: channelCount)
            self.dialing = dialing
            try dial(dialing.schedule.begin(now: .now))
        }
        askFlush()
    }

    /// Begins one more attempt when it is time.
    func hedge(_ now: Moment) throws(AMQPError) {
        guard phase == .dialing, let dialing else { return }
        try dial(dialing.schedule.timePassed(now: now, hasUntried: dialing.hasUntried))
    }

    private func dial(_ step: DialSchedule.Step) throws(AMQPError) {
        guard let connection, let dialing else { return }
        switch step {
        case .wait: return
        case .giveUp: throw dialing.failure ?? AMQPError(.connectionRefused, "no broker could be reached")
        case .begin(let attempt, let host):
            let dialer = Dialer(
                candidates.configurations[host],
                dialing.addresses[host],
                deadline: dialing.deadline,
                socketHandle: connection.socketHandle,
                isWanted: { [weak connection] in connection?.isAccepting ?? false }
            )
            dialing.dialers[attempt] = dialer
            do throws(OutOfResources) {
                try dialer.start { [self] result in
                    loop.execute { [self] in
                        enter { () throws(AMQPError) in try attemptEnded(attempt, host, result) }
                        askFlush()
                    }
                }
            } catch {
                try attemptEnded(attempt, host, .failure(AMQPError(.outOfResources, "\(error)")))
            }
        }
    }

    private func attemptEnded(_ attempt: Int, _ host: Int, _ result: Result<Dialed, AMQPError>) throws(AMQPError) {
        // Otherwise another attempt was faster, and the socket of this one is closed with its transport.
        guard phase == .dialing, let dialing else { return }
        let dialer = dialing.dialers.removeValue(forKey: attempt)
        switch result {
        case .success(let dialed):
            dialer?.handOver(dialed.transport.fileDescriptor)
            dialing.won(host)
            peer = candidates.configurations[host]
            self.dialing = nil
            try openChannels(dialed, dialing.channelCount)
        case .failure(let error):
            dialing.note(error, host)
            try dial(dialing.schedule.failed(attempt, now: .now, hasUntried: dialing.hasUntried))
        }
    }

    private func openChannels(_ dialed: Dialed, _ channelCount: Int) throws(AMQPError) {
        transport = dialed.transport
        if configuration.tls != nil, let handle = connection?.socketHandle {
            watchdog = Watchdog(bound: configuration.operationTimeout) { handle.shutDown() }
        }
        frameMaximum = dialed.frameMaximum
        heartbeats = HeartbeatMonitor(interval: dialed.heartbeat, now: .now)
        watch?.end()
        do throws(OutOfResources) {
            watch = try loop.watch(dialed.transport.fileDescriptor, for: .readable, self)
        } catch {
            throw AMQPError(.outOfResources, "\(error)")
        }
        phase = .opening
        let count = dialed.channelMaximum == 0 ? channelCount : min(channelCount, Int(dialed.channelMaximum))
        for number in 1...max(1, count) {
            channels.append(ChannelCore(number: UInt16(number), maximumBodyBytes: configuration.maximumBodyBytes))
        }
        connection?.setChannelCount(channels.count)
        for channel in channels { send(.channelOpen, on: channel) }
        askFlush()
        // Something may have come with the last answer of the handshake.
        if dialed.transport.hasBufferedInput { askRead() }
    }

    /// The last channel is open: what was asked for meanwhile can be done.
    func channelDidOpen() {
        guard phase == .opening, channels.allSatisfy({ $0.calls.first?.request != .channelOpen }) else { return }
        phase = .open
        openDeadline = nil
        connection?.setOpen(true)
        logger.debug("connection opened")
        if let completion = startCompletion.take() { events.append(.started(completion, .success(()))) }
        askFlush()
    }

    func close(completion: @escaping @Sendable () -> Void) {
        guard phase != .finished else { return home.run(completion) }
        closeCompletions.append(completion)
        guard phase == .open || phase == .closing else { return abort() }
        closeDeadline = closeDeadline ?? .now + configuration.closeTimeout
        hurry()
        askFlush()
    }

    func abort() {
        isAborted = true
        guard phase != .idle else { return }
        enter { () throws(AMQPError) in throw .closedByThisSide }
    }

    /// Carries out a requested close once nothing is under way any more.
    func closeIfIdle() throws(AMQPError) {
        guard closeDeadline != nil, phase == .open else { return }
        let isIdle = commands.isEmpty && channels.allSatisfy { $0.tracker.isEmpty && $0.calls.isEmpty }
        guard isIdle else { return }
        // A blocked broker does not read.
        if isBlocked { return finish(nil) }
        phase = .closing
        write(.connectionClose, channel: 0)
        try writeOutput()
    }

    /// Lets go of the socket and tells the owners of all that was under way how it ended; the last thing that happens.
    ///
    /// - Parameter error: why; nil for a close in order.
    func finish(_ error: AMQPError?) {
        guard phase != .finished else { return }
        // The user wanted an end and has it, whether or not the broker said goodbye.
        let reason = isAborted || connection?.isAborted == true || phase == .closing ? nil : error
        sayGoodbye(error)
        phase = .finished
        let failure = reason ?? .closedByThisSide
        gatherEvents()
        for channel in channels { failEverything(on: channel, failure) }
        failCommands(failure)
        gatherEvents()
        if let completion = startCompletion.take() { events.append(.started(completion, .failure(failure))) }
        logger.debug("connection closed", metadata: ["error.type": "\(reason?.shortDescription ?? "none")"])
        events.append(.closed(reason, closeCompletions))
        closeCompletions = []
        letGo()
    }

    /// The broker's close wants an answer, and a failure on this side wants a goodbye; whatever the socket does not
    /// take at once is dropped.
    private func sayGoodbye(_ error: AMQPError?) {
        guard let transport else { return }
        if let error, error.reply?.isOfConnection == true {
            write(.connectionCloseOk, channel: 0)
        } else if phase != .closing, error?.code != .connectionLost {
            write(.connectionClose, channel: 0)
        }
        try? transport.flush(&output)
    }

    private func letGo() {
        let connection = connection
        connection?.setOpen(false)
        connection?.setBlocked(false)
        connection?.setFinished()
        dialing?.end()
        dialing = nil
        hurry()
        watch?.end()
        watch = nil
        watchdog = nil
        transport = nil
        let told = events
        events = []
        self.connection = nil
        connection?.tell(told)
        if loop !== home { loop.stop() }
    }

    private func failEverything(on channel: ChannelCore, _ error: AMQPError) {
        channel.tracker.failAll(error, sentPosition: output.sentPosition, into: &conclusions)
        for call in channel.calls { fail(call.operation, error) }
        channel.calls = []
    }

    func fail(_ operation: ChannelOperation?, _ error: AMQPError) {
        guard let operation, operation.fail() else { return }
        events.append(.operation(operation.completion, .failure(error)))
    }

    /// Fails what has not been begun.
    func failCommands(_ error: AMQPError) {
        while let command = commands.popFirst() {
            switch command {
            case .publish(let request, _):
                conclusions.append(PublishConclusion(request, .failed(error, wasSent: false)))
            case .perform(_, _, let completion): events.append(.operation(completion, .failure(error)))
            }
        }
    }
}
