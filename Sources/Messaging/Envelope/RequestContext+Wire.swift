// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension RequestContext {
    private static let prefix: StaticString = "_context_"

    /// Takes a member of a message when it is an entry of the context; false when it is something else
    /// (`oslo_messaging._drivers.amqp.unpack_context`).
    mutating func take(_ key: ArraySlice<UInt8>, _ value: JSONText) -> Bool {
        let (bytes, length) = (key.span, Self.prefix.utf8CodeUnitCount)
        guard bytes.count >= length, JSONScanner.equals(bytes, 0..<length, Self.prefix) else { return false }
        switch key {
        // oslo.messaging keeps these two for itself, so they never reach an endpoint.
        case "_context_msg_id", "_context_reply_q": break
        default: set(String(decoding: key.dropFirst(length), as: UTF8.self), value)
        }
        return true
    }

    /// Sets what oslo.messaging writes over the sender's entry of that name, even for casts and notifications.
    mutating func setClientTimeout(_ timeout: JSONText?) { set("client_timeout", timeout ?? .null) }
}
