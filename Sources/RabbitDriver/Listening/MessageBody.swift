// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging
internal import Names

/// What stands between a delivery and the message in it: its content type and its compression.
enum MessageBody {
    /// The body as its publisher wrote it.
    ///
    /// - Throws: why oslo.messaging would reject it: the content type has to be exactly that of JSON.
    static func open(_ delivery: Delivery, maximumBytes: Int) throws(UnreadableMessage) -> [UInt8] {
        try check(delivery)
        guard let format = try format(of: delivery) else { return delivery.body }
        do throws(ReplyEnvelopeError) {
            return try BodyCompression.inflate(delivery.body, format, maximumBytes: maximumBytes)
        } catch {
            throw UnreadableMessage(reason: error.reason)
        }
    }

    /// The delivery of a compressed body as it would be without compression; nil when it is not short, so that
    /// inflating it would hold up a loop.
    static func inflatedIfShort(_ delivery: Delivery, maximumBytes: Int) throws(UnreadableMessage) -> Delivery? {
        try check(delivery)
        guard let format = try format(of: delivery) else { return delivery }
        do throws(ReplyEnvelopeError) {
            let body = try BodyCompression.inflateIfShort(delivery.body, format, maximumBytes: maximumBytes)
            return body.map { Self.delivery(delivery, with: $0) }
        } catch {
            throw UnreadableMessage(reason: error.reason)
        }
    }

    /// Whether the body has to be inflated.
    static func isCompressed(_ delivery: Delivery) -> Bool {
        delivery.properties.headers?[BodyCompression.header] != nil
    }

    private static func delivery(_ delivery: Delivery, with body: [UInt8]) -> Delivery {
        var copy = delivery
        copy.body = body
        copy.properties.headers?.entries.removeAll { $0.key.isSame(as: BodyCompression.header) }
        return copy
    }

    private static func format(of delivery: Delivery) throws(UnreadableMessage) -> BodyCompression.Format? {
        do throws(ReplyEnvelopeError) {
            return try BodyCompression.format(of: delivery)
        } catch {
            throw UnreadableMessage(reason: error.reason)
        }
    }

    private static func check(_ delivery: Delivery) throws(UnreadableMessage) {
        guard delivery.properties.contentType == "application/json" else {
            let type = delivery.properties.contentType.map { "\"\($0)\"" } ?? "absent"
            throw UnreadableMessage(reason: "its content type is \(type)")
        }
        // What kombu calls gzip is zlib data; its readers do not take gzip files.
        guard !delivery.body.starts(with: [0x1f, 0x8b]) else {
            throw UnreadableMessage(reason: "its body is a gzip file")
        }
    }

    /// Reads the request of a delivery.
    static func request(_ delivery: Delivery, maximumBytes: Int) throws(UnreadableMessage) -> IncomingRequest {
        let body = try open(delivery, maximumBytes: maximumBytes)
        do throws(JSONError) { return try IncomingRequest(body) } catch { throw UnreadableMessage(error) }
    }

    /// Reads the notification of a delivery.
    static func notification(_ delivery: Delivery, maximumBytes: Int) throws(UnreadableMessage) -> IncomingNotification
    {
        let body = try open(delivery, maximumBytes: maximumBytes)
        do throws(JSONError) { return try IncomingNotification(body) } catch { throw UnreadableMessage(error) }
    }
}

extension UnreadableMessage {
    init(_ error: JSONError) { self.init(reason: "its body is no message: \(error)") }
}

/// Why a message is rejected unread.
struct UnreadableMessage: Error, Sendable {
    /// For the log; holds nothing of the body.
    var reason: String
}
