// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Names

/// The properties and headers of a reply as fields of the answer.
///
/// A reply comes from another program: nothing in it may end a line, pretend to be another field, or outgrow the memory
/// of the answer's head.
struct ReplyProperties {
    /// The fields, `Content-Type` first; what does not fit is named in `Amqp-Omitted`.
    private(set) var fields: [(String, String)] = []
    private var omitted: [String] = []
    private var left: Int

    /// The least room: what it takes to give the type and coding of the body, and to name what was left out.
    static let minimumBytes = 640

    /// Translates a reply.
    ///
    /// - Parameter bytes: the most that the fields may take together.
    init(_ reply: PlainMessage, bytes: Int) {
        left = max(bytes, Self.minimumBytes) - Self.size(Self.omission(Self.names))
        addContentType(reply.contentType)
        addContentEncoding(reply.contentEncoding)
        add("Amqp-Delivery-Mode", reply.isPersistent ? "2" : "1")
        add("Amqp-Priority", reply.priority.map(String.init))
        add("Amqp-Timestamp", reply.timestamp.map(String.init))
        add("Amqp-Message-Id", reply.messageID)
        add("Amqp-Type", reply.type)
        add("Amqp-App-Id", reply.appID)
        if reply.hasMoreHeaders { omitted.append("Amqp-Headers") } else { addHeaders(reply.headers) }
        if !omitted.isEmpty { fields.append(Self.omission(omitted)) }
    }

    /// The names of all that can be left out.
    private static let names = [
        "Amqp-Content-Type", "Amqp-Content-Encoding", "Amqp-Delivery-Mode", "Amqp-Priority", "Amqp-Timestamp",
        "Amqp-Message-Id", "Amqp-Type", "Amqp-App-Id", "Amqp-Headers",
    ]

    private static func omission(_ names: [String]) -> (String, String) {
        ("Amqp-Omitted", names.joined(separator: ", "))
    }

    /// What a field takes of the answer's head.
    private static func size(_ field: (String, String)) -> Int { field.0.utf8.count + field.1.utf8.count + 4 }

    private mutating func addContentType(_ type: String?) {
        let isUsable = type.map { MediaType.isValid($0) } ?? true
        put(("Content-Type", isUsable ? type ?? Self.unknownType : Self.unknownType))
        // Something that an AMQP server's reply passes off as a page must not run in the gateway's origin.
        put(("X-Content-Type-Options", "nosniff"))
        put(("Content-Security-Policy", "sandbox"))
        if !isUsable { add("Amqp-Content-Type", type) }
    }

    private mutating func addHeaders(_ headers: [PlainMessage.Header]) {
        guard !headers.isEmpty else { return }
        // A text that is too long is refused below; one that is not even written costs nothing.
        let size = headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.bytes.count }
        add("Amqp-Headers", size <= left ? HeaderJSON.text(headers) : "")
    }

    private static let unknownType = "application/octet-stream"

    private static let codings: Set<Name> = ["gzip", "deflate", "br", "zstd", "compress"]

    /// AMQP programs also write a character set there, which is no content coding in HTTP.
    private mutating func addContentEncoding(_ encoding: String?) {
        let isCoding = encoding.map { Self.codings.contains(Name($0.lowercased())) } ?? false
        add(isCoding ? "Content-Encoding" : "Amqp-Content-Encoding", encoding)
    }

    private mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        guard Self.isFieldValue(value), Self.size((name, value)) <= left else { return omitted.append(name) }
        put((name, value))
    }

    private mutating func put(_ field: (String, String)) {
        left -= Self.size(field)
        fields.append(field)
    }

    /// Whether a text can be the value of a field and will be read back unchanged: no control character, no white space
    /// around it.
    private static func isFieldValue(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, first != 0x20, last != 0x20 else { return false }
        return text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }
}

/// A header table as a JSON object that can stand in a header field: ASCII, on one line.
enum HeaderJSON {
    static func text(_ headers: [PlainMessage.Header]) -> String {
        let members = headers.map { "\(ascii(JSONText(string: $0.name).string)):\(ascii($0.value.string))" }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// The same JSON text without characters beyond ASCII, which stand in strings only, and without line breaks, which
    /// stand between tokens only.
    private static func ascii(_ json: String) -> String {
        var text = ""
        for unit in json.utf16 {
            switch unit {
            case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            case 0x09, 0x0a, 0x0d: text += " "
            default: text += "\\u" + String(0x10000 + UInt32(unit), radix: 16).dropFirst()
            }
        }
        return text
    }
}

/// The grammar of media types, as far as a field value needs it (RFC 9110 section 8.3.1).
enum MediaType {
    /// Whether a text is `type/subtype`, with parameters of printable ASCII after a semicolon if need be.
    static func isValid(_ text: String) -> Bool {
        guard text.utf8.allSatisfy({ 0x20...0x7e ~= $0 }), text.utf8.last != 0x20 else { return false }
        let essence = text.prefix { $0 != ";" && $0 != " " }
        let names = essence.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isToken) }) else { return false }
        let rest = text.dropFirst(essence.count).drop { $0 == " " }
        return rest.isEmpty || rest.first == ";"
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
