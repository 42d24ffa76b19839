// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing

@testable import AMQP

struct PropertiesTests {
    private func roundTrip(_ properties: Properties) throws -> Properties {
        var bytes: [UInt8] = []
        properties.encode(into: &bytes)
        var decoder = PropertiesDecoder()
        return try bytes.withUnsafeBytes { try decoder.decode($0) }
    }

    @Test func allPropertiesComeBackAsTheyWere() throws {
        let properties = Properties(
            contentType: "application/json",
            contentEncoding: "utf-8",
            headers: ["a": 1],
            deliveryMode: 2,
            priority: 9,
            correlationID: "c",
            replyTo: "r",
            expiration: "60000",
            messageID: "m",
            timestamp: 1_700_000_000,
            type: "t",
            userID: "u",
            appID: "a"
        )
        #expect(try roundTrip(properties) == properties)
    }

    @Test func whatIsSetLaterIsAsIfGivenAtOnce() throws {
        var properties = Properties(contentType: "application/json")
        properties.correlationID = "c"
        properties.replyTo = "r"
        properties.expiration = "60000"
        properties.messageID = "m"
        properties.timestamp = 1_700_000_000
        properties.type = "t"
        properties.userID = "u"
        properties.appID = "a"
        let expected = Properties(
            contentType: "application/json",
            correlationID: "c",
            replyTo: "r",
            expiration: "60000",
            messageID: "m",
            timestamp: 1_700_000_000,
            type: "t",
            userID: "u",
            appID: "a"
        )
        #expect(properties == expected && properties.hashValue == expected.hashValue)
        #expect(try roundTrip(properties) == expected)
        properties.userID = nil
        #expect(try roundTrip(properties).userID == nil && properties != expected)
    }

    @Test func absentAndEmptyHeadersDiffer() throws {
        #expect(try roundTrip(Properties()).headers == nil)
        #expect(try roundTrip(Properties(headers: [:])).headers == [:])
    }

    @Test func bytesOfAnOsloMessageAreExact() {
        var bytes: [UInt8] = []
        Properties(contentType: "a", contentEncoding: "b", headers: [:], deliveryMode: 2, priority: 0).encode(
            into: &bytes
        )
        #expect(bytes == [0xF8, 0, 1, 0x61, 1, 0x62, 0, 0, 0, 0, 2, 0])
    }

    @Test(arguments: [[], [0x80], [0x80, 0, 5, 1], [0, 1, 0, 0], [0x20, 0, 0, 0, 0, 9]] as [[UInt8]])
    func malformedPropertiesAreRefused(bytes: [UInt8]) {
        var decoder = PropertiesDecoder()
        #expect(throws: WireReader.Malformed.self) { try bytes.withUnsafeBytes { try decoder.decode($0) } }
    }

    @Test func overlongShortStringIsNotEncodable() {
        #expect(!Properties(replyTo: String(repeating: "q", count: 256)).isEncodable)
        #expect(Properties(replyTo: String(repeating: "q", count: 255)).isEncodable)
    }
}
