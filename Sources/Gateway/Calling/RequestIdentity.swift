// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Threads

/// What names a request in answers, logs and the request context.
struct RequestIdentity: Sendable {
    /// The client's identifier when it is a plain token, otherwise a new `req-<uuid4>`, as a JSON string.
    ///
    /// The client gives it in a field of its own, or in its request context.
    let quoted: JSONText
    /// When the request had arrived, head and body.
    let started: Moment

    /// The longest identifier that is taken over, in characters.
    static let maximumLength = 128

    init(_ fields: borrowing RequestFields, started: Moment = .now) {
        let given = fields.bytes(of: "X-Request-Id") ?? fields.bytes(of: "X-Openstack-Request-Id")
        self.init(token: given ?? Self.ofContext(fields), started: started)
    }

    init(given: String?, started: Moment = .now) {
        self.init(token: given.map { Array($0.utf8)[...] }, started: started)
    }

    /// The identifier that a request context has; nil where there is none, or the context is malformed.
    private static func ofContext(_ fields: borrowing RequestFields) -> ArraySlice<UInt8>? {
        guard let context = fields.bytes(of: "Rpc-Context"), let object = try? JSONText(Array(context)) else {
            return nil
        }
        return object.lastMember("request_id")?.stringValue.map { Array($0.utf8)[...] }
    }

    private init(token given: ArraySlice<UInt8>?, started: Moment) {
        self.started = started
        if let given, Self.isToken(given) {
            quoted = JSONText(quoted: [0x22] + given + [0x22])
        } else {
            quoted = Self.new()
        }
    }

    private static func new() -> JSONText {
        var bytes = form
        UniqueID().write(dashedInto: &bytes, at: 5)
        return JSONText(quoted: bytes)
    }

    /// What a new identifier looks like apart from its digits; copying it is the cheapest way to an array of that size.
    private static let form = Array("\"req-00000000-0000-0000-0000-000000000000\"".utf8)

    /// The identifier, in printable ASCII without quotes and backslashes.
    var bytes: ArraySlice<UInt8> {
        let all = quoted.bytes
        return all[(all.startIndex + 1)..<(all.endIndex - 1)]
    }

    /// The identifier as text.
    var id: String { String(decoding: bytes, as: UTF8.self) }

    /// The fields that return the identifier.
    var fields: [(String, String)] {
        let id = id
        return [("X-Request-Id", id), ("X-Openstack-Request-Id", id)]
    }

    /// The time since the request had arrived.
    var elapsed: Duration { started.duration(to: .now) }

    /// The elapsed time in seconds with microseconds.
    var elapsedSeconds: String { DecimalText.seconds(elapsed) }

    /// Letters, digits and the marks of a token (RFC 9110 section 5.6.2) that are harmless everywhere.
    private static func isToken(_ text: ArraySlice<UInt8>) -> Bool {
        guard (1...maximumLength).contains(text.count) else { return false }
        return text.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e, 0x2b, 0x21, 0x23, 0x24, 0x26, 0x2a,
                0x5e:
                true
            default: false
            }
        }
    }
}
