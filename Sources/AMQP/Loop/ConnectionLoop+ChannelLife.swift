//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Logging

extension ConnectionLoop {
    /// Notes that the broker closed the channel, and answers; `recoverChannel` opens it anew.
    func channelDidClose(by reply: AMQPError.Reply) {
        let failure = AMQPError.channelClosed(by: reply)
        let perPublish = AMQPError(.channelClosed, "the broker closed the channel", reply: reply)
        takeBackUnsent(perPublish)
        tracker.failAll(perPublish, sentPosition: output.sentPosition, into: &conclusions)
        forgetChannel()
        channelFailure = failure
        write(.channelCloseOk)
    }

    private func forgetChannel() {
        tracker = ConfirmTracker()
        isConfirming = false
        declared = DeclaredExchanges()
        boundQueues = DeclaredBindings()
        connection.setStale(upTo: deliveryTags.reset())
        consumersWithoutAck = []
        assembler.reset()
        // What was awaited on the channel never comes.
        reply = nil
    }

    /// Opens the channel anew after the broker closed it, and tells the delegate.
    func recoverChannel() throws(AMQPError) {
        guard let failure = channelFailure else { return }
        channelFailure = nil
        connection.logger.debug("channel closed", metadata: ["error.type": "\(failure.shortDescription)"])
        let outer = awaited
        defer { awaited = outer }
        _ = try exchange(.channelOpen, expecting: .channelOpenOk)
        tell()
        connection.delegate?.connection(connection, channelDidClose: failure)
    }

    /// Notes `connection.blocked`: what has not left this process fails at once.
    func block(reason: String) {
        isBlocked = true
        connection.setBlocked(true)
        takeBackUnsent(AMQPError(.blocked, "the broker has blocked this connection: \(reason)"))
        tell()
        connection.delegate?.connection(connection, didBlock: reason)
    }

    func unblock() {
        isBlocked = false
        connection.setBlocked(false)
        tell()
        connection.delegate?.connectionDidUnblock(connection)
    }

    /// Takes publishes of which no byte has been sent out of the output again and fails them.
    func takeBackUnsent(_ error: AMQPError) {
        // Newest first, so that the positions of the older ones stay right.
        for publish in tracker.removeUnsent(sentPosition: output.sentPosition) {
            output.remove(publish.position)
            if !publish.isAbandoned {
                conclusions.append(PublishConclusion(publish.request, .failed(error, wasSent: false)))
            }
        }
    }
}
