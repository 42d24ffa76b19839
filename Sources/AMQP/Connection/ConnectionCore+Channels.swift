// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Logging
internal import Names

extension ConnectionCore {
    /// The broker has refused a method and closed its channel: judges what was under way by the protocol, and opens the
    /// channel anew. Decided by reply code and method, and by what was under way; never by the broker's text.
    func channelDidClose(_ channel: ChannelCore, by reply: AMQPError.Reply) {
        let refused = AMQPError.channelClosed(by: reply)
        judgePublishes(channel, refused)
        gatherEvents()
        // Before the failures are reported: their owners may ask for more on the channel that is opened anew.
        events.append(.channelClosed(Int(channel.number), refused))
        judgeCalls(channel, refused)
        let lastTag = channel.reset()
        if channel.number == 1 { connection?.setStale(upTo: lastTag) }
        write(.channelCloseOk, channel: channel.number)
        send(.channelOpen, on: channel)
        askFlush()
        logger.debug("channel closed", metadata: ["error.type": "\(refused.shortDescription)"])
    }

    /// The first outstanding call is the refused one if it is of the refused method, since those before it were
    /// answered. The others stood behind it, or behind a refused publish, and were not carried out.
    private func judgeCalls(_ channel: ChannelCore, _ refused: AMQPError) {
        let collateral = refused.asCollateral
        for (index, call) in channel.calls.enumerated() {
            if let exchange = call.declares { declared.forget(exchange) }
            var error = index == 0 && call.request == refused.reply?.methodID ? refused : collateral
            error.step = call.step
            fail(call.operation, error)
        }
    }

    private func judgePublishes(_ channel: ChannelCore, _ refused: AMQPError) {
        forgetDeclarations(channel)
        if let call = channel.calls.first, call.request == refused.reply?.methodID {
            // Nothing behind a refused call was carried out.
            channel.tracker.failAll(refused, takenBefore: min(call.position, output.sentPosition), into: &conclusions)
        } else if refused.reply?.methodID == .basicPublish, channel.tracker.count == 1 {
            // The only one that is not settled: the others were taken, so it is the refused one.
            channel.tracker.failAll(refused, takenBefore: 0, into: &conclusions)
        } else {
            channel.tracker.failAll(refused.asCollateral, sentPosition: output.sentPosition, into: &conclusions)
        }
    }

    private func forgetDeclarations(_ channel: ChannelCore) {
        channel.tracker.forEachUnsettled { request in
            guard let exchange = request.declaring else { return }
            declared.forget(exchange)
            if let binding = request.binding { boundQueues.forget(binding, to: exchange) }
        }
    }

    /// Notes `connection.blocked`: whatever has not left this process fails at once.
    func block(reason: String) {
        isBlocked = true
        connection?.setBlocked(true)
        takeBackUnsent(AMQPError(.blocked, "the broker has blocked this connection: \(reason)"))
        gatherEvents()
        events.append(.blocked(reason: reason))
    }

    func unblock() {
        isBlocked = false
        connection?.setBlocked(false)
        gatherEvents()
        events.append(.unblocked)
    }

    /// Removes from the output the publishes of which no byte has been sent, and fails them: left there, they would be
    /// carried out once the broker reads again, after their callers were told that they had failed.
    private func takeBackUnsent(_ error: AMQPError) {
        var unsent: [UnconfirmedPublish] = []
        for channel in channels { unsent += channel.tracker.removeUnsent(sentPosition: output.sentPosition) }
        // Newest first, so that the positions of the older ones stay valid.
        for publish in unsent.sorted(by: { $0.position.lowerBound > $1.position.lowerBound }) {
            output.remove(publish.position)
            if !publish.isAbandoned {
                conclusions.append(PublishConclusion(publish.request, .failed(error, wasSent: false)))
            }
        }
        failCommands(error)
    }
}

extension AMQPError {
    /// The error for what was under way on the channel beside the refused method.
    var asCollateral: AMQPError { AMQPError(.channelClosed, "the broker closed the channel", reply: reply) }
}
