//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension ConnectionLoop {
    /// Takes the mailbox and carries out its commands, as long as the socket keeps up.
    func runCommands() throws(AMQPError) {
        try collectCommands()
        let now = ContinuousClock.now
        hasCalled = false
        while output.pendingBytes < Self.outputHighWaterBytes, let command = commands.popFirst() {
            try run(command, at: now)
        }
        tell()
    }

    private func collectCommands() throws(AMQPError) {
        var batch = connection.mailbox.takeCommands(leaving: spareCommands)
        // First of all: whoever left a command is told of its end, also when this is the end of everything.
        commands.append(contentsOf: batch.commands)
        if batch.isAborted { throw die(.closedByThisSide) }
        if let request = batch.closeRequest, closeDeadline == nil {
            closeDeadline = request + connection.configuration.closeTimeout
        }
        batch.commands.removeAll(keepingCapacity: batch.commands.capacity <= 4096)
        spareCommands = batch.commands
    }

    private func run(_ command: Command, at now: ContinuousClock.Instant) throws(AMQPError) {
        switch command {
        // After a declaration or an operation the batch's instant is old.
        case .publish(let request): try publish(request, at: hasCalled ? .now : now)
        case .perform(let operation):
            hasCalled = true
            operation.run(Channel(self))
            try failIfFatal()
        case .acknowledge(let tag, let multiple):
            if let tag = deliveryTags.inward(tag) { write(.basicAck(deliveryTag: tag, multiple: multiple)) }
        case .reject(let tag, let requeue):
            if let tag = deliveryTags.inward(tag) { write(.basicReject(deliveryTag: tag, requeue: requeue)) }
        }
    }

    private func publish(_ request: PublishRequest, at now: ContinuousClock.Instant) throws(AMQPError) {
        do throws(AMQPError) {
            if let deadline = request.deadline, deadline <= now { throw Self.expired }
            if isBlocked { throw AMQPError(.blocked, "the broker has blocked this connection") }
            try prepare(request, at: now)
            try encode(request)
        } catch {
            conclusions.append(PublishConclusion(request, .failed(error, wasSent: false)))
            try failIfFatal()
        }
    }

    private func prepare(_ request: PublishRequest, at now: ContinuousClock.Instant) throws(AMQPError) {
        let mustDeclare = request.declaring.map { !declared.contains($0, at: now) } ?? false
        let mustBind = mustBind(request)
        guard mustDeclare || mustBind || !isConfirming else { return }
        hasCalled = true
        if mustDeclare || mustBind, let exchange = request.declaring { try declare(exchange) }
        if mustBind { try bind(request) }
        if !isConfirming { try selectConfirms() }
        // The calls took their time, and the world may have changed meanwhile.
        if let deadline = request.deadline, deadline <= .now { throw Self.expired }
        if isBlocked { throw AMQPError(.blocked, "the broker has blocked this connection") }
    }

    private func mustBind(_ request: PublishRequest) -> Bool {
        guard let exchange = request.declaring, let binding = request.binding else { return false }
        return request.declaresAnew || !boundQueues.contains(binding, to: exchange)
    }

    private func encode(_ request: PublishRequest) throws(AMQPError) {
        let start = output.endPosition
        let fits = output.write { FrameEncoder.append(request, frameMaximum: frameMaximum, to: &$0) }
        guard fits else { throw .invalidArgument("the headers do not fit a frame of \(frameMaximum) bytes") }
        tracker.append(UnconfirmedPublish(request, position: start..<output.endPosition))
    }

    /// Publishes past their deadline that may wait for their confirm; more show a connection that is of no use.
    private static let maximumAbandoned = 1000

    private static let expired = AMQPError(.expired, "the deadline passed before the message was written")

    var needsSweeps: Bool { tracker.hasDeadlines || !commands.isEmpty }

    /// Fails what has waited past its deadline, every now and then.
    func sweepDeadlines() {
        guard needsSweeps else { return }
        let now = ContinuousClock.now
        guard now >= nextSweep else { return }
        nextSweep = now + Self.sweepInterval
        tracker.expire(at: now, into: &conclusions)
        if tracker.abandonedCount > Self.maximumAbandoned {
            _ = die(AMQPError(.timedOut, "the broker leaves more than \(Self.maximumAbandoned) messages unconfirmed"))
        }
        for request in commands.removePublishes(where: { $0.deadline.map { $0 <= now } ?? false }) {
            conclusions.append(PublishConclusion(request, .failed(Self.expired, wasSent: false)))
        }
        tell()
    }
}
