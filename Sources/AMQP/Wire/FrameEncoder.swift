// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// Writes AMQP frames to the end of a byte array.
enum FrameEncoder {
    /// Bytes of a frame besides its payload: type, channel, size, and the end marker.
    static let overhead = 8
    static let endMarker: UInt8 = 0xCE

    /// Appends a method frame.
    static func append(_ method: Method, channel: UInt16, to bytes: inout [UInt8]) {
        appendFrame(type: 1, channel: channel, to: &bytes) { bytes in
            bytes.append(bigEndian: method.id.rawValue)
            method.encodeArguments(into: &bytes)
        }
    }

    /// Appends a heartbeat frame.
    static func appendHeartbeat(to bytes: inout [UInt8]) {
        appendFrame(type: 8, channel: 0, to: &bytes) { _ in }
    }

    /// Appends `basic.publish`, the content header, and the body in frames of at most `frameMaximum` bytes.
    ///
    /// Returns false, with nothing appended, when the header does not fit a frame (it cannot be split).
    static func append(
        _ request: PublishRequest,
        channel: UInt16,
        frameMaximum: Int,
        to bytes: inout [UInt8]
    ) -> Bool {
        if appendUsual(request, channel: channel, frameMaximum: frameMaximum, to: &bytes) { return true }
        let start = bytes.count
        appendPublish(request, channel, to: &bytes)
        let headerStart = bytes.count
        appendHeader(request, channel, to: &bytes)
        guard bytes.count - headerStart <= frameMaximum else {
            bytes.removeSubrange(start...)
            return false
        }
        appendBody(request.body, channel, frameMaximum: frameMaximum, to: &bytes)
        return true
    }

    private static func appendPublish(_ request: PublishRequest, _ channel: UInt16, to bytes: inout [UInt8]) {
        appendFrame(type: 1, channel: channel, to: &bytes) { bytes in
            bytes.append(bigEndian: MethodID.basicPublish.rawValue)
            bytes.append(bigEndian: UInt16(0))
            bytes.append(shortString: request.exchange.text)
            bytes.append(shortString: request.routingKey.text)
            bytes.append(request.isMandatory ? 1 : 0)
        }
    }

    private static func appendHeader(_ request: PublishRequest, _ channel: UInt16, to bytes: inout [UInt8]) {
        appendFrame(type: 2, channel: channel, to: &bytes) { bytes in
            bytes.append(bigEndian: UInt16(60))
            bytes.append(bigEndian: UInt16(0))
            bytes.append(bigEndian: UInt64(request.body.count))
            request.properties.encode(into: &bytes)
        }
    }

    private static func appendBody(_ body: [UInt8], _ channel: UInt16, frameMaximum: Int, to bytes: inout [UInt8]) {
        let maximum = frameMaximum - overhead
        var offset = 0
        while offset < body.count {
            let count = min(maximum, body.count - offset)
            appendFrame(type: 3, channel: channel, to: &bytes) { $0.append(contentsOf: body[offset..<offset + count]) }
            offset += count
        }
    }

    @inline(__always)
    private static func appendFrame(
        type: UInt8,
        channel: UInt16,
        to bytes: inout [UInt8],
        _ payload: (inout [UInt8]) -> Void
    ) {
        bytes.append(type)
        bytes.append(bigEndian: channel)
        let sizeIndex = bytes.count
        bytes.append(bigEndian: UInt32(0))
        payload(&bytes)
        bytes.overwrite(bigEndian: UInt32(bytes.count - sizeIndex - 4), at: sizeIndex)
        bytes.append(endMarker)
    }
}
