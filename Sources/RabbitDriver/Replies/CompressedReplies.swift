// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Threads

/// Reads the compressed replies of a reply queue: short ones at once, long ones on the inflater's thread.
///
/// A server compresses all that it sends, or nothing: no compressed reply overtakes another one of the same call,
/// unless it says by itself how the call has ended.
final class CompressedReplies: Sendable {
    private let loop: EventLoop
    private let maximumBytes: Int
    private let lane: InflationLane
    private let deliver: @Sendable (Result<ReplyEnvelope, ReplyEnvelopeError>) -> Void

    /// - Parameters:
    ///   - maximumBytes: how many bytes a reply may have once inflated.
    ///   - maximumWaitingBytes: how many compressed bytes may wait; one reply always may.
    ///   - deliver: takes each reply, or what is wrong with it, on the loop.
    init(
        loop: EventLoop,
        inflater: Inflater,
        maximumBytes: Int,
        maximumWaitingBytes: Int = InflationLane.maximumReplyBytes,
        deliver: @escaping @Sendable (Result<ReplyEnvelope, ReplyEnvelopeError>) -> Void
    ) {
        self.loop = loop
        self.maximumBytes = maximumBytes
        self.deliver = deliver
        lane = InflationLane(worker: { inflater.loop }, loop: loop, maximumBytes: maximumWaitingBytes)
    }

    /// Reads a reply, on the loop; a long one is delivered later.
    ///
    /// - Throws: the reason why it is not read; then nothing is delivered.
    func read(_ body: [UInt8], _ format: BodyCompression.Format) throws(ReplyEnvelopeError) {
        let maximumBytes = maximumBytes
        guard let short = try BodyCompression.inflateIfShort(body, format, maximumBytes: maximumBytes) else {
            return try readLater(body.count) { () throws(ReplyEnvelopeError) in
                let inflated = try BodyCompression.inflate(body, format, maximumBytes: maximumBytes)
                let reply = try ReplyEnvelope(inflated)
                // Freeing megabytes takes milliseconds too: a small part of them must not take all of them to the loop.
                return reply.result.bytes.count < inflated.count / 4 ? reply.copied : reply
            }
        }
        let reply = try ReplyEnvelope(short)
        guard !reply.isWholeAnswer, !lane.isEmpty else { return deliver(.success(reply)) }
        try readLater(body.count) { () throws(ReplyEnvelopeError) in reply }
    }

    private func readLater(
        _ bytes: Int,
        _ open: @escaping @Sendable () throws(ReplyEnvelopeError) -> ReplyEnvelope
    ) throws(ReplyEnvelopeError) {
        let isTaken = lane.add(bytes: bytes) { [self] end in
            let opened = Result { () throws(ReplyEnvelopeError) in try open() }
            // The next one begins when this one is delivered: no more than one is kept inflated.
            loop.execute { [self] in
                deliver(opened)
                end()
            }
        }
        guard !isTaken else { return }
        let reason = "too many bytes of compressed replies wait to be inflated"
        throw ReplyEnvelopeError(.crowded, reason: reason, salvagedFrom: [])
    }
}
