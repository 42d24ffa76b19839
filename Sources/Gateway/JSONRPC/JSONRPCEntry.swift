// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Names

/// One request object of JSON-RPC 2.0.
struct JSONRPCEntry: Sendable {
    /// The id as the client wrote it; nil for a notification.
    var id: JSONText?
    var method: String
    /// A JSON object or array; nil where there are none.
    var parameters: JSONText?

    /// The most members that a request object may have; four have a meaning.
    static let maximumMembers = 64

    /// Reads a request object.
    ///
    /// - Throws: `Invalid Request`, with the id if there is one.
    init(_ text: JSONText) throws(JSONRPCRefusal) {
        guard let members = text.members(atMost: Self.maximumMembers) else {
            throw .invalidRequest("A request is an object of at most \(Self.maximumMembers) members")
        }
        id = try Self.identifier(members)
        guard try Self.member("jsonrpc", members, id)?.stringValue.isSame(as: "2.0") == true else {
            throw .invalidRequest("jsonrpc: \"2.0\" is expected", id: id)
        }
        guard let method = try Self.member("method", members, id)?.stringValue else {
            throw .invalidRequest("method: a string is expected", id: id)
        }
        self.method = method
        parameters = try Self.member("params", members, id)
        guard parameters.map({ $0.isObject || $0.bytes.first == 0x5b }) ?? true else {
            throw .invalidRequest("params: an object is expected", id: id)
        }
    }

    /// The `id`: a string, a number or null.
    private static func identifier(_ members: [(key: String, value: JSONText)]) throws(JSONRPCRefusal) -> JSONText? {
        guard let id = try member("id", members, nil) else { return nil }
        // The first byte of a string, a number or null.
        switch id.bytes.first ?? 0 {
        case 0x22, 0x2d, 0x30...0x39, 0x6e: return id
        default: throw .invalidRequest("id: a string, a number or null is expected")
        }
    }

    /// The one member of a name; if there are two it is unclear what is asked.
    private static func member(
        _ name: String,
        _ members: [(key: String, value: JSONText)],
        _ id: JSONText?
    ) throws(JSONRPCRefusal) -> JSONText? {
        let found = members.filter { $0.key.isSame(as: name) }
        guard found.count < 2 else { throw .invalidRequest("\(name): given twice", id: id) }
        return found.first?.value
    }
}
