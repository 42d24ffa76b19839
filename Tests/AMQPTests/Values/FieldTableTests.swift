// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing

@testable import AMQP

struct FieldTableTests {
    private func decode(_ bytes: [UInt8]) throws -> FieldTable {
        try bytes.withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            return try reader.table()
        }
    }

    @Test func everyKindOfValueComesBackAsItWas() throws {
        let table: FieldTable = [
            "bool": true, "int": -5, "long": .int64(.max), "double": .double(1.5), "text": "grüße",
            "bytes": .bytes([0, 255]),
            "time": .timestamp(1), "array": .array([1, "a", ["x": false]]), "table": ["inner": ["deep": .void]],
            "void": .void,
        ]
        var bytes: [UInt8] = []
        bytes.append(table: table)
        #expect(try decode(bytes) == table)
    }

    @Test func typesOnTheWireAreRabbitMQs() {
        var bytes: [UInt8] = []
        bytes.append(table: ["x-expires": 1_800_000])
        #expect(bytes == [0, 0, 0, 15, 9] + Array("x-expires".utf8) + [0x49, 0, 0x1B, 0x77, 0x40])
    }

    @Test func narrowAndWideIntegersAreRead() throws {
        let entries: [UInt8] =
            [1, 0x62, 0x62, 0xFF] + [1, 0x73, 0x73, 0xFF, 0xFE] + [1, 0x69, 0x69, 0xFF, 0xFF, 0xFF, 0xFF]
        let table = try decode([0, 0, 0, UInt8(entries.count)] + entries)
        #expect(table == ["b": -1, "s": -2, "i": .int64(0xFFFF_FFFF)])
    }

    @Test(
        arguments: [
            [0, 0, 0], [0, 0, 0, 9, 1], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 3, 1, 0x61, 0x3F], [0, 0, 0, 2, 200, 0x61],
            [0, 0, 0, 7, 1, 0x61, 0x53, 0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 4, 1, 0x61, 0x49, 0],
        ] as [[UInt8]]
    )
    func malformedTableIsRefused(bytes: [UInt8]) {
        #expect(throws: WireReader.Malformed.self) { try decode(bytes) }
    }

    @Test(arguments: [
        (0, 4_096, false), (0, 4_097, true), (0, 60_000, true), (4_094, 1, false), (4_094, 2, true), (4_096, 1, true),
    ])
    func noMoreValuesAreReadThanAreMeantTo(elements: Int, entries: Int, isCut: Bool) throws {
        let array = FieldTable.Entry(key: "a", value: .array([FieldValue](repeating: .void, count: elements)))
        let voids = (0..<entries).map { _ in FieldTable.Entry(key: "", value: .void) }
        var bytes: [UInt8] = []
        bytes.append(table: FieldTable(entries: elements > 0 ? [array] + voids : voids))
        let table = try decode(bytes)
        #expect(table.isCut == isCut)
        let first = elements > 0 ? min(elements, 4_095) + 1 : 0
        #expect(table.entries.count == min(entries, 4_096 - first) + (elements > 0 ? 1 : 0))
    }

    @Test func nestingWithoutEndIsCutOff() throws {
        var bytes: [UInt8] = [0, 0, 0, 0]
        for _ in 0..<1000 {
            var outer: [UInt8] = []
            outer.append(longBytes: [1, 0x61, 0x46] + bytes)
            bytes = outer
        }
        var (table, depth) = (try decode(bytes), 0)
        while case .table(let inner)? = table["a"] {
            table = inner
            depth += 1
        }
        #expect(depth == 32)
        #expect(table.isEmpty)
    }

    @Test func subscriptReplacesAppendsAndRemoves() {
        var table: FieldTable = ["a": 1, "b": 2]
        table["a"] = 3
        table["c"] = 4
        table["b"] = nil
        #expect(table == ["a": 3, "c": 4])
        #expect(table["missing"] == nil)
    }

    @Test func nameLongerThan255BytesIsNotEncodable() {
        let key = String(repeating: "k", count: 256)
        #expect(!FieldTable(entries: [.init(key: key, value: 1)]).isEncodable)
        #expect(!(["a": .array([.table(FieldTable(entries: [.init(key: key, value: 1)]))])] as FieldTable).isEncodable)
    }
}
