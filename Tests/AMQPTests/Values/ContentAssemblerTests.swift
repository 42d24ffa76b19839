// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing

@testable import AMQP

struct ContentAssemblerTests {
    private let start = ContentStart.returned(exchange: "", routingKey: "", reply: .init(code: 312, text: ""))
    private let noProperties: [UInt8] = [0, 0]

    private func header(_ assembler: inout ContentAssembler, _ size: UInt64) throws -> Content? {
        try noProperties.withUnsafeBytes { try assembler.header(bodySize: size, properties: $0) }
    }

    private func fragment(_ assembler: inout ContentAssembler, _ bytes: [UInt8]) throws -> Content? {
        try bytes.withUnsafeBytes { try assembler.fragment($0) }
    }

    @Test func contentWithoutBodyIsCompleteWithItsHeader() throws {
        var assembler = ContentAssembler(maximumBodyBytes: 10)
        try assembler.begin(start)
        #expect(try header(&assembler, 0)?.body == [])
        #expect(assembler.isIdle)
    }

    @Test func fragmentsAreJoined() throws {
        var assembler = ContentAssembler(maximumBodyBytes: 10)
        try assembler.begin(start)
        #expect(try header(&assembler, 3) == nil)
        #expect(try fragment(&assembler, [1]) == nil)
        #expect(try fragment(&assembler, []) == nil)
        #expect(try fragment(&assembler, [2, 3])?.body == [1, 2, 3])
    }

    @Test func oversizedBodyIsSkippedAndTheNextOneRead() throws {
        var assembler = ContentAssembler(maximumBodyBytes: 2)
        try assembler.begin(start)
        #expect(try header(&assembler, 3) == nil)
        #expect(try fragment(&assembler, [1, 2]) == nil)
        let content = try #require(try fragment(&assembler, [3]))
        #expect(content.body == nil)
        try assembler.begin(start)
        _ = try header(&assembler, 1)
        #expect(try fragment(&assembler, [9])?.body == [9])
    }

    @Test(arguments: [1, 3, 4]) func aBodyThatSomebodyHoldsIsNotWrittenOverByTheNext(_ size: Int) throws {
        var assembler = ContentAssembler(maximumBodyBytes: 10)
        let bodies = (0..<40).map { [UInt8](repeating: $0, count: Int($0) % size + 1) }
        var held: [[UInt8]] = []
        for bytes in bodies {
            try assembler.begin(start)
            _ = try header(&assembler, UInt64(bytes.count))
            let body = try #require(try fragment(&assembler, bytes)?.body)
            held.append(body)
            assembler.recycle(body)
        }
        #expect(held == bodies)
    }

    @Test func framesOutOfOrderAreViolations() throws {
        var assembler = ContentAssembler(maximumBodyBytes: 10)
        #expect(throws: AMQPError.self) { try header(&assembler, 1) }
        #expect(throws: AMQPError.self) { try fragment(&assembler, [1]) }
        try assembler.begin(start)
        #expect(throws: AMQPError.self) { try assembler.begin(start) }
        #expect(throws: AMQPError.self) { try fragment(&assembler, [1]) }
        _ = try header(&assembler, 1)
        #expect(throws: AMQPError.self) { try fragment(&assembler, [1, 2]) }
    }

    @Test func impossibleBodySizeIsAViolation() throws {
        var assembler = ContentAssembler(maximumBodyBytes: 10)
        try assembler.begin(start)
        #expect(throws: AMQPError.self) { try header(&assembler, .max) }
    }
}
