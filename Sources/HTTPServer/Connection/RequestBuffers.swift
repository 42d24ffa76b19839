// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The arrays of a request that is over, kept for the connection's next one.
///
/// An array that a handler still holds is copied when it is written to, as any array is, so the handler's does not
/// change.
struct RequestBuffers {
    /// Larger ones are given back.
    static let maximumBytes = 4096

    /// True from the second request on: the first may be the only one, and may wait for long.
    private var keeps = false
    private var target: [UInt8] = []
    private var fields = RequestFields()
    private var body: [UInt8] = []

    /// Keeps the arrays of a request that the handler is about to have.
    mutating func keep(_ request: HTTPRequest, target: [UInt8]) {
        guard keeps else {
            keeps = true
            return
        }
        self.target = target.capacity <= Self.maximumBytes ? target : []
        fields = request.head.fields.capacity <= Self.maximumBytes ? request.head.fields : RequestFields()
        body = request.body.capacity <= Self.maximumBytes ? request.body : []
    }

    /// An array with the bytes of a target.
    mutating func takeTarget(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var array = exchange(&target, with: [])
        array.removeAll(keepingCapacity: true)
        array.append(contentsOf: bytes)
        return array
    }

    /// Fields whose content is to be replaced.
    mutating func takeFields() -> RequestFields { exchange(&fields, with: RequestFields()) }

    /// An empty array with room for a body.
    mutating func takeBody(reserving count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        var array = exchange(&body, with: [])
        array.removeAll(keepingCapacity: true)
        array.reserveCapacity(count)
        return array
    }
}
