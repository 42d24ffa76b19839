// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

/// Header fields that become the properties and headers of an AMQP message.
enum PlainFields {
    /// The longest text of a property, in bytes: a short string of AMQP 0-9-1.
    static let maximumBytes = 255
    /// The most entries of the header table.
    static let maximumHeaders = 256

    /// The properties and headers that a request asks for, without a body.
    ///
    /// - Throws: `invalid-request` naming the field.
    static func message(_ fields: RequestFields) throws(Problem) -> PlainMessage {
        PlainMessage(
            body: [],
            contentType: try text(fields, "Content-Type"),
            contentEncoding: try text(fields, "Content-Encoding"),
            headers: try headers(fields),
            isPersistent: try number(fields, "Amqp-Delivery-Mode", 1...2) ?? 2 == 2,
            priority: try number(fields, "Amqp-Priority", 0...9).map(UInt8.init),
            messageID: try text(fields, "Amqp-Message-Id"),
            type: try text(fields, "Amqp-Type"),
            appID: try text(fields, "Amqp-App-Id"),
            timestamp: try number(fields, "Amqp-Timestamp", 0...UInt64(Int64.max))
        )
    }

    private static func text(_ fields: RequestFields, _ name: StaticString) throws(Problem) -> String? {
        guard let text = try fields.single(name) else { return nil }
        guard text.utf8.count <= maximumBytes else {
            throw .invalidRequest("\(name): longer than \(maximumBytes) bytes, the most that AMQP can carry")
        }
        return text
    }

    private static func number(
        _ fields: RequestFields,
        _ name: StaticString,
        _ range: ClosedRange<UInt64>
    ) throws(Problem) -> UInt64? {
        guard let text = try fields.single(name) else { return nil }
        guard text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = UInt64(text), range.contains(number) else {
            throw .invalidRequest("\(name): a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return number
    }

    private static func headers(_ fields: RequestFields) throws(Problem) -> [PlainMessage.Header] {
        guard let text = try fields.single("Amqp-Headers") else { return [] }
        let object: JSONText
        do {
            object = try JSONObject.arguments(Array(text.utf8))
        } catch {
            throw .invalidRequest("Amqp-Headers: a JSON object is expected; \(error)")
        }
        guard JSONSize.members(of: object, isAtMost: maximumHeaders) else {
            throw .invalidRequest("Amqp-Headers: more than \(maximumHeaders) entries")
        }
        guard let members = object.members else {
            throw .invalidRequest(
                "Amqp-Headers: a name holds half of a surrogate pair (\\ud800 to \\udfff), which has no UTF-8"
            )
        }
        return try members.map { member throws(Problem) in try header(member.key, member.value) }
    }

    private static func header(_ name: String, _ value: JSONText) throws(Problem) -> PlainMessage.Header {
        guard name.utf8.count <= maximumBytes else {
            throw .invalidRequest(
                "Amqp-Headers: a name is longer than \(maximumBytes) bytes, the most that AMQP can carry"
            )
        }
        let header = PlainMessage.Header(name: name, value: value)
        if let defect = header.defect { throw .invalidRequest("Amqp-Headers: the value of \"\(name)\" \(defect)") }
        return header
    }
}
