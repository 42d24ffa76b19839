// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing

@testable import AMQP

struct FrameEncoderTests {
    private func request(_ count: Int, headers: FieldTable? = nil) -> PublishRequest {
        PublishRequest(
            exchange: "e",
            routingKey: "k",
            isMandatory: true,
            properties: .own(Properties(headers: headers)),
            body: [UInt8](repeating: 7, count: count)
        ) { _ in }
    }

    private func frames(_ bytes: [UInt8]) -> [(type: UInt8, payload: ArraySlice<UInt8>)] {
        var frames: [(type: UInt8, payload: ArraySlice<UInt8>)] = []
        var rest = bytes[...]
        while rest.count >= 8 {
            let start = rest.startIndex
            let size = rest[start + 3..<start + 7].reduce(0) { $0 << 8 | Int($1) }
            frames.append((rest[start], rest[start + 7..<start + 7 + size]))
            #expect(rest[start + 7 + size] == 0xCE)
            rest = rest[(start + 8 + size)...]
        }
        #expect(rest.isEmpty)
        return frames
    }

    @Test func publishIsMethodThenHeaderThenBody() {
        var bytes: [UInt8] = []
        #expect(FrameEncoder.append(request(3), channel: 1, frameMaximum: 4096, to: &bytes))
        let frames = frames(bytes)
        #expect(frames.map(\.type) == [1, 2, 3])
        #expect(Array(frames[0].payload) == [0, 60, 0, 40, 0, 0, 1, 0x65, 1, 0x6B, 1])
        #expect(Array(frames[1].payload) == [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0])
        #expect(Array(frames[2].payload) == [7, 7, 7])
    }

    @Test(arguments: [(0, 0), (1, 1), (4087, 1), (4088, 1), (4089, 2), (8176, 2), (8177, 3)])
    func bodyIsSplitByTheFrameMaximum(bodyBytes: Int, bodyFrames: Int) {
        var bytes: [UInt8] = []
        #expect(FrameEncoder.append(request(bodyBytes), channel: 1, frameMaximum: 4096, to: &bytes))
        let bodies = frames(bytes).filter { $0.type == 3 }
        #expect(bodies.count == bodyFrames)
        #expect(bodies.reduce(0) { $0 + $1.payload.count } == bodyBytes)
        #expect(bodies.allSatisfy { $0.payload.count <= 4088 })
    }

    @Test(
        arguments: [nil, 0, 1, 9, 10, 59_999, 60_000, UInt32.max] as [UInt32?],
        ["", "e", String(repeating: "é", count: 127)]
    )
    func theUsualMessageIsWrittenAsAnyOther(expiration: UInt32?, exchange: String) {
        let properties = Properties(
            contentType: "application/json",
            contentEncoding: "utf-8",
            headers: ["compression": .string("gzip")],
            deliveryMode: 2,
            priority: 0
        )
        var withExpiration = properties
        withExpiration.expiration = expiration.map { String($0) }
        for bodyBytes in [0, 1, 4087, 4088, 4089] {
            func request(_ properties: PublishProperties) -> PublishRequest {
                let body = [UInt8](repeating: 0x7b, count: bodyBytes)
                return PublishRequest(
                    exchange: Name(exchange),
                    routingKey: Name(exchange + "k"),
                    isMandatory: bodyBytes.isMultiple(of: 2),
                    properties: properties,
                    body: body
                )
            }
            var (usual, general): ([UInt8], [UInt8]) = ([9], [9])
            let shared = PublishProperties.shared(SharedProperties(properties), expiration: expiration)
            #expect(FrameEncoder.append(request(shared), channel: 513, frameMaximum: 4096, to: &usual))
            #expect(FrameEncoder.append(request(.own(withExpiration)), channel: 513, frameMaximum: 4096, to: &general))
            #expect(usual == general)
            var isUsual: [UInt8] = []
            let isTaken = FrameEncoder.appendUsual(request(shared), channel: 1, frameMaximum: 4096, to: &isUsual)
            #expect(isTaken == (1...4088 ~= bodyBytes) && isTaken != isUsual.isEmpty)
        }
    }

    @Test func headerThatFitsNoFrameIsRefusedAndLeavesNothing() {
        var bytes: [UInt8] = [1, 2, 3]
        let headers: FieldTable = ["long": .string(String(repeating: "x", count: 4096))]
        #expect(!FrameEncoder.append(request(1, headers: headers), channel: 1, frameMaximum: 4096, to: &bytes))
        #expect(bytes == [1, 2, 3])
    }

    @Test func heartbeatIsAnEmptyFrameOnChannelZero() {
        var bytes: [UInt8] = []
        FrameEncoder.appendHeartbeat(to: &bytes)
        #expect(bytes == [8, 0, 0, 0, 0, 0, 0, 0xCE])
    }

    @Test func declarationFlagsSitInTheirBits() {
        var bytes: [UInt8] = []
        Method.queueDeclare(QueueDeclaration(name: "q", isPassive: true, isExclusive: true)).encodeArguments(
            into: &bytes
        )
        #expect(bytes == [0, 0, 1, 0x71, 0b0101, 0, 0, 0, 0])
        bytes = []
        Method.exchangeDeclare(ExchangeDeclaration(name: "e", type: "t", isDurable: true, isAutoDelete: true))
            .encodeArguments(into: &bytes)
        #expect(bytes == [0, 0, 1, 0x65, 1, 0x74, 0b0110, 0, 0, 0, 0])
    }
}
