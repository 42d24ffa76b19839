// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

extension FrameEncoder {
    /// Appends a message with shared properties whose body fits one frame, as nearly all are; false, with nothing appended,
    /// for any other.
    ///
    /// What precedes the body is put together on the stack and appended at once.
    static func appendUsual(
        _ request: PublishRequest,
        channel: UInt16,
        frameMaximum: Int,
        to bytes: inout [UInt8]
    ) -> Bool {
        guard case .shared(let shared, let expiration) = request.properties, !request.body.isEmpty,
            request.body.count <= frameMaximum - overhead, shared.byteCount <= UsualHeads.propertyBytes
        else { return false }
        // Two names of 255 bytes, the properties, and less than a hundred for everything else. As a literal of this
        // size it is on the stack.
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 8) { space in
            var heads = UsualHeads(space)
            heads.write(request, channel)
            heads.write(shared.encoded(expires: expiration != nil), expiration, bodyBytes: request.body.count, channel)
            heads.beginFrame(type: 3, channel, payloadBytes: request.body.count)
            bytes.append(contentsOf: heads.written)
        }
        bytes.append(contentsOf: request.body)
        bytes.append(endMarker)
        return true
    }
}

/// Writes to memory that is lent to it.
private struct UsualHeads {
    /// Longer shared properties take the general way.
    static let propertyBytes = 256

    // Nothing bounds its lifetime: it is used only within the closure that lends the memory, and every write is checked
    // against its size.
    private let space: UnsafeMutableRawBufferPointer
    private var count = 0

    init(_ space: UnsafeMutableRawBufferPointer) { self.space = space }

    var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: space[..<count]) }

    /// Writes the frame of `basic.publish`.
    mutating func write(_ request: PublishRequest, _ channel: UInt16) {
        let start = beginFrame(type: 1, channel, payloadBytes: 0)
        put(MethodID.basicPublish.rawValue)
        put(UInt16(0))
        put(request.exchange)
        put(request.routingKey)
        put(UInt8(request.isMandatory ? 1 : 0))
        endFrame(start)
    }

    /// Writes the frame of the content header.
    mutating func write(_ properties: [UInt8], _ expiration: UInt32?, bodyBytes: Int, _ channel: UInt16) {
        let start = beginFrame(type: 2, channel, payloadBytes: 0)
        // The class, and a weight that is not used.
        put(UInt32(60) << 16)
        put(UInt64(bodyBytes))
        properties.withUnsafeBytes { put($0) }
        if let expiration { put(decimal: expiration) }
        endFrame(start)
    }

    /// Writes the first seven bytes of a frame; returns where they are.
    @discardableResult
    mutating func beginFrame(type: UInt8, _ channel: UInt16, payloadBytes: Int) -> Int {
        let start = count
        put(type)
        put(channel)
        put(UInt32(payloadBytes))
        return start
    }

    private mutating func endFrame(_ start: Int) {
        let size = UInt32(count - start - 7)
        put(FrameEncoder.endMarker)
        space.storeBytes(of: size.bigEndian, toByteOffset: start + 3, as: UInt32.self)
    }

    @inline(__always)
    private mutating func put<Integer: FixedWidthInteger>(_ value: Integer) {
        space.storeBytes(of: value.bigEndian, toByteOffset: count, as: Integer.self)
        count += MemoryLayout<Integer>.size
    }

    private mutating func put(_ name: Name) {
        let bytes = name.text.utf8.span
        put(UInt8(bytes.count))
        bytes.withUnsafeBufferPointer { put(UnsafeRawBufferPointer($0)) }
    }

    private mutating func put(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: space[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    /// Writes a number as a short string.
    private mutating func put(decimal number: UInt32) {
        var digits = 1
        var bound: UInt64 = 10
        while UInt64(number) >= bound { (digits, bound) = (digits + 1, bound * 10) }
        put(UInt8(digits))
        var rest = number
        for position in stride(from: count + digits - 1, through: count, by: -1) {
            space[position] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        count += digits
    }
}
