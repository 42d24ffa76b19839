// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Names
internal import Threads

extension ConnectionCore {
    func publish(_ request: PublishRequest, on number: Int) {
        guard phase != .finished else {
            return home.run { request.conclude(.failed(.closedByThisSide, wasSent: false)) }
        }
        outboxBytes += request.outboxBytes
        if let refusal = refusal(number) {
            conclude(request, refusal)
        } else if outboxBytes > configuration.outboxMaximumBytes {
            conclude(request, AMQPError(.outboxFull, "\(outboxBytes) bytes of publishes are under way already"))
        } else if isBlocked {
            conclude(request, Self.blocked)
        } else if phase == .open, commands.isEmpty, output.pendingBytes < Self.outputHighWaterBytes {
            encode(request, on: channels[number - 1])
        } else {
            commands.append(.publish(request, number))
        }
        askFlush()
    }

    func perform(
        _ methods: [ChannelMethod],
        on number: Int,
        completion: @escaping @Sendable (Result<[MethodReply], AMQPError>) -> Void
    ) {
        guard phase != .finished else { return home.run { completion(.failure(.closedByThisSide)) } }
        if let refusal = refusal(number) {
            events.append(.operation(completion, .failure(refusal)))
        } else if phase == .open, commands.isEmpty || isBlocked {
            send(methods, on: channels[number - 1], completion)
        } else {
            commands.append(.perform(methods, number, completion))
        }
        askFlush()
    }

    func acknowledge(_ deliveryTag: UInt64, multiple: Bool) {
        guard phase == .open, let tag = channels[0].deliveryTags.inward(deliveryTag) else { return }
        write(.basicAck(deliveryTag: tag, multiple: multiple), channel: 1)
        askFlush()
    }

    func reject(_ deliveryTag: UInt64, requeue: Bool) {
        guard phase == .open, let tag = channels[0].deliveryTags.inward(deliveryTag) else { return }
        write(.basicReject(deliveryTag: tag, requeue: requeue), channel: 1)
        askFlush()
    }

    private func refusal(_ number: Int) -> AMQPError? {
        switch phase {
        case .idle, .closing, .finished: AMQPError(.connectionClosed, "the connection is closed")
        case .dialing, .opening: nil
        case .open:
            (1...channels.count).contains(number) ? nil : .invalidArgument("the connection has no channel \(number)")
        }
    }

    /// Carries out the waiting commands, as long as the socket keeps up.
    func runCommands() {
        guard phase == .open else { return }
        while output.pendingBytes < Self.outputHighWaterBytes, let command = commands.popFirst() {
            switch command {
            case .publish(let request, let number):
                if let refusal = refusal(number) {
                    conclude(request, refusal)
                } else {
                    encode(request, on: channels[number - 1])
                }
            case .perform(let methods, let number, let completion):
                if let refusal = refusal(number) {
                    events.append(.operation(completion, .failure(refusal)))
                } else {
                    send(methods, on: channels[number - 1], completion)
                }
            }
        }
    }

    private func conclude(_ request: PublishRequest, _ error: AMQPError) {
        conclusions.append(PublishConclusion(request, .failed(error, wasSent: false)))
    }

    private func send(
        _ methods: [ChannelMethod],
        on channel: ChannelCore,
        _ completion: @escaping @Sendable (Result<[MethodReply], AMQPError>) -> Void
    ) {
        // A blocked broker does not read: the call could only run into its bound and end the connection.
        if isBlocked { return events.append(.operation(completion, .failure(Self.blocked))) }
        guard !methods.isEmpty else { return events.append(.operation(completion, .success([]))) }
        let operation = ChannelOperation(count: methods.count, completion: completion)
        for (step, method) in methods.enumerated() { send(method, step, operation, on: channel) }
    }

    private func send(_ method: ChannelMethod, _ step: Int, _ operation: ChannelOperation, on channel: ChannelCore) {
        send(method.method, on: channel) { call in
            call.operation = operation
            call.step = step
            if case .declareExchange(let exchange) = method, !exchange.isPassive { call.declares = exchange }
            if case .consume(_, _, let noAck, _) = method { call.isWithoutAck = noAck }
        }
    }

    /// Sends a method whose answer is awaited.
    func send(_ method: Method, on channel: ChannelCore, _ describe: (inout ChannelCore.Call) -> Void = { _ in }) {
        var call = ChannelCore.Call(
            request: method.id,
            position: output.endPosition,
            deadline: .now + configuration.operationTimeout
        )
        describe(&call)
        if !call.isProbe { hurry() }
        channel.calls.append(call)
        write(method, channel: channel.number)
    }

    // MARK: Publishing

    private func encode(_ request: PublishRequest, on channel: ChannelCore) {
        if let deadline = request.deadline, deadline <= loop.now { return conclude(request, Self.expired) }
        if isBlocked { return conclude(request, Self.blocked) }
        prepare(request, on: channel)
        let start = output.endPosition
        let fits = output.write {
            FrameEncoder.append(request, channel: channel.number, frameMaximum: frameMaximum, to: &$0)
        }
        guard fits else {
            return conclude(request, .invalidArgument("the headers do not fit a frame of \(frameMaximum) bytes"))
        }
        channel.tracker.append(UnconfirmedPublish(request, position: start..<output.endPosition, since: loop.now))
        suit(request)
        if case .confirm = request.proof { return }
        if channel.needsProbeNow || request.proof == .probeAtOnce && channel.needsProbe { probe(channel) }
    }

    /// Sends a method whose answer proves the publishes before it. It has no deadline: theirs count, and while publishes are
    /// blocked or held up its answer is too.
    private func probe(_ channel: ChannelCore) {
        channel.tracker.noteProbe()
        send(.basicQos(prefetchCount: 0), on: channel) { call in
            call.isProbe = true
            call.deadline = nil
        }
    }

    /// Sends the probes that are due.
    private func sendProbes() {
        guard phase == .open, !isBlocked else { return }
        for channel in channels where channel.needsProbe { probe(channel) }
    }

    /// Sends what has to precede the publish; the channel's order makes it needless to wait for the answers.
    private func prepare(_ request: PublishRequest, on channel: ChannelCore) {
        if let exchange = request.declaring {
            let mustBind =
                request.binding.map { request.declaresAnew || !boundQueues.contains($0, to: exchange) } ?? false
            if mustBind, let binding = request.binding {
                declare(exchange, binding, on: channel)
            } else if !declared.contains(exchange, at: loop.now) {
                // If the broker refuses the look, it carries out nothing behind it.
                if request.looksFirst { send(.exchangeDeclare(exchange.passive), on: channel) }
                declare(exchange, on: channel)
            }
        }
        guard request.proof == .confirm, !channel.isConfirming else { return }
        // What was published before will get no confirm.
        if channel.needsProbe { probe(channel) }
        channel.isConfirming = true
        channel.tracker.beginConfirms()
        send(.confirmSelect, on: channel)
    }

    private func declare(_ exchange: ExchangeDeclaration, on channel: ChannelCore) {
        send(.exchangeDeclare(exchange), on: channel) { $0.declares = exchange }
    }

    /// Declares and binds the queue of a publish between two declarations of its exchange, as oslo.messaging's publishers do.
    private func declare(_ exchange: ExchangeDeclaration, _ binding: QueueBinding, on channel: ChannelCore) {
        declare(exchange, on: channel)
        send(.queueDeclare(binding.queue), on: channel)
        let bind = Method.queueBind(queue: binding.queue.name, exchange: exchange.name, routingKey: binding.bindingKey)
        send(bind, on: channel) { call in
            call.declares = exchange
            call.binds = binding
        }
        declare(exchange, on: channel)
    }

    private static let expired = AMQPError(.expired, "the deadline passed before the message was written")
    private static let blocked = AMQPError(.blocked, "the broker has blocked this connection")

    // MARK: Deadlines

    /// How many publishes past their deadline may wait for their confirm; more of them show that the connection is of
    /// no use.
    private static let maximumAbandoned = 1000

    var needsSweeps: Bool { !commands.isEmpty || channels.contains { !$0.tracker.isEmpty } }

    /// Fails what has waited past its deadline and sends the probes that are due; called every now and then.
    func sweep(_ now: Moment) {
        guard now >= nextSweep, needsSweeps || channels.contains(where: { !$0.calls.isEmpty }) else { return }
        nextSweep = now + Self.sweepInterval
        sendProbes()
        for channel in channels { channel.tracker.expire(at: now, into: &conclusions) }
        let abandoned = channels.reduce(0) { $0 + $1.tracker.abandonedCount }
        if abandoned > Self.maximumAbandoned {
            return finish(
                AMQPError(.timedOut, "the broker leaves more than \(Self.maximumAbandoned) messages unconfirmed")
            )
        }
        expireCommands(now)
        watchSilence(now)
    }

    private func expireCommands(_ now: Moment) {
        guard commands.contains(where: { $0.isOver(now) }) else { return }
        for case .publish(let request, _) in commands where request.isOver(now) { conclude(request, Self.expired) }
        commands.removeAll { $0.isOver(now) }
    }
}

extension PublishRequest {
    fileprivate func isOver(_ now: Moment) -> Bool { deadline.map { $0 <= now } ?? false }
}

extension ConnectionCore.Command {
    fileprivate func isOver(_ now: Moment) -> Bool {
        if case .publish(let request, _) = self { request.isOver(now) } else { false }
    }
}
