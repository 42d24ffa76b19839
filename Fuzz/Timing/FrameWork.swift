// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Names
import SeededRandom

@testable import AMQP
@testable import Gateway
@testable import RabbitDriver

extension Work {
    /// The longest frame, which the headers of a message have to fit.
    private static let frameBytes = 131_072

    /// Frames of AMQP: contents that are put together, and the headers of messages up to fields of an answer.
    static let frames: [Work] =
        [
            Work(name: "fragments", maximumBytes: bodyBytes) { size, _ in
                [UInt8](repeating: 7, count: size)
            } run: {
                assemble($0, by: 64)
            },
            headers("void headers") { _, _ in ([], .void) },
            headers("short headers") { number, _ in (Array(String(number, radix: 36).utf8), .int32(1)) },
            headers("texts as headers") { _, random in
                (Array("é".utf8), .string(String(repeating: "\u{1}é", count: Int.random(in: 0...40, using: &random))))
            },
            headers("bytes as headers") { _, _ in ([0x61], .bytes([UInt8](repeating: 0xFF, count: 500))) },
            headers("tables as headers") { _, _ in ([0x61], nested(30)) },
            headers("lists as headers") { _, _ in
                ([0x61], .array([FieldValue](repeating: .void, count: 1_000)))
            },
            headers("numbers as headers") { _, _ in ([0x61], .double(1.2345678901234567e-300)) },
        ]

    private static func nested(_ levels: Int) -> FieldValue {
        (0..<levels).reduce(.void) { value, _ in .table(FieldTable(entries: [.init(key: "", value: value)])) }
    }

    /// Content headers with a table of entries that are made one by one.
    private static func headers(
        _ name: String,
        _ entry: @escaping @Sendable (Int, inout SeededRandom) -> (key: [UInt8], value: FieldValue)
    ) -> Work {
        Work(name: name, maximumBytes: frameBytes) { size, random in
            var table = FieldTable()
            var bytes = 0
            while bytes < size {
                let (key, value) = entry(table.entries.count, &random)
                let added = FieldTable.Entry(key: String(decoding: key, as: UTF8.self), value: value)
                table.entries.append(added)
                var written: [UInt8] = []
                written.append(table: FieldTable(entries: [added]))
                bytes += written.count - 4
            }
            var header: [UInt8] = []
            Properties(headers: table).encode(into: &header)
            return header
        } run: {
            readHeader($0)
        }
    }

    private static let start = ContentStart.delivery(
        consumerTag: "1",
        deliveryTag: 1,
        isRedelivered: false,
        exchange: "",
        routingKey: "q"
    )

    /// A message without a body, as plain AMQP's answer.
    private static func readHeader(_ header: [UInt8]) {
        var assembler = ContentAssembler(maximumBodyBytes: 1 << 20)
        try? assembler.begin(start)
        let content = header.withUnsafeBytes { try? assembler.header(bodySize: 0, properties: $0) }
        guard let properties = content?.properties else { return }
        let delivery = Delivery(
            consumerTag: "1",
            deliveryTag: 1,
            isRedelivered: false,
            exchange: "",
            routingKey: "q",
            properties: properties,
            body: []
        )
        _ = try? BodyCompression.format(of: delivery)
        _ = ReplyProperties(PlainMessage(delivery), bytes: 4_096)
    }

    private static func assemble(_ body: [UInt8], by pieceBytes: Int) {
        var assembler = ContentAssembler(maximumBodyBytes: bodyBytes)
        try? assembler.begin(start)
        let flags: [UInt8] = [0, 0]
        flags.withUnsafeBytes { _ = try? assembler.header(bodySize: UInt64(body.count), properties: $0) }
        body.withUnsafeBytes { body in
            for offset in stride(from: 0, to: body.count, by: pieceBytes) {
                let end = min(offset + pieceBytes, body.count)
                _ = try? assembler.fragment(UnsafeRawBufferPointer(rebasing: body[offset..<end]))
            }
        }
    }

    /// What becomes of a message of plain AMQP until it is written.
    static func publish(_ message: PlainMessage) {
        var bytes: [UInt8] = []
        let properties = Properties(message)
        guard properties.isEncodable else { return }
        properties.encode(into: &bytes)
    }
}
