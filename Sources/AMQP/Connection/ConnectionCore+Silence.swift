// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

extension ConnectionCore {
    /// Gives the connection up when the broker has owed an answer for too long; a broker that blocks publishers has
    /// said so.
    func watchSilence(_ now: Moment) {
        // Nearly always something has just come, and then the channels are not looked through.
        guard phase == .open, !isBlocked, silence.isDue(lastReceived: heartbeats.lastReceived, now: now),
            let channel = channelForQuestions, let debt = oldestDebt
        else { return }
        switch silence.action(debt, lastReceived: heartbeats.lastReceived, now: now) {
        case .nothing: break
        case .ask:
            ask(on: channel)
            candidates.isSilent?(peer)
        case .giveUp:
            finish(AMQPError(.heartbeatMissed, "nothing came from the broker while it owed an answer"))
        }
    }

    /// The broker has answered others: something has to come here too.
    func challenge(_ broker: ConnectionConfiguration) {
        guard phase == .open, !isBlocked, broker.host == peer.host, broker.port == peer.port,
            let channel = channelForQuestions
        else { return }
        silence.challenge(lastReceived: heartbeats.lastReceived, now: .now)
        ask(on: channel)
    }

    /// Sends a method that a broker answers at once, whatever it is busy with, and that changes nothing.
    private func ask(on channel: ChannelCore) {
        send(.channelFlow, on: channel)
        askFlush()
    }

    /// A channel on which a question would not stand behind anything slow, such as the declaration of a queue.
    private var channelForQuestions: ChannelCore? {
        let free = channels.filter { !$0.calls.contains(where: \.request.mayTakeTime) }
        return free.last { $0.tracker.isEmpty } ?? free.last
    }

    private var oldestDebt: SilenceMonitor.Debt? {
        guard let transport else { return nil }
        let publishes = channels.compactMap(\.tracker.oldestUnsettled).map { ($0.since, $0.position.upperBound) }
        // A method is short, so its start serves as its end.
        let calls = channels.compactMap(\.calls.first).compactMap { call in
            call.deadline.map { ($0 - configuration.operationTimeout, call.position) }
        }
        guard let oldest = (publishes + calls).min(by: { $0.0 < $1.0 }) else { return nil }
        let unacknowledged = UInt64(transport.unacknowledgedBytes)
        let acknowledged = output.sentPosition - min(output.sentPosition, unacknowledged)
        return SilenceMonitor.Debt(since: oldest.0, end: oldest.1, acknowledged: acknowledged)
    }
}

extension MethodID {
    /// Whether a healthy broker may need seconds for it, as for a queue on several nodes.
    fileprivate var mayTakeTime: Bool {
        switch self {
        case .exchangeDeclare, .queueDeclare, .queueBind, .queueDelete, .basicConsume, .basicCancel: true
        default: false
        }
    }
}
