// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing

struct BytewiseTests {
    private struct Address: Hashable {
        @Bytewise var exchange: String?
        @Bytewise var topic: String
        @Bytewise var namespaces: [String] = []
        var number = 0
    }

    @Test(arguments: NameTests.lookAlikes)
    func lookAlikesMakeDifferentValues(one: String, other: String) {
        let topics = [Address(topic: one), Address(topic: other)]
        let exchanges = [Address(exchange: one, topic: "t"), Address(exchange: other, topic: "t")]
        let namespaces = [
            Address(topic: "t", namespaces: ["a", one]), Address(topic: "t", namespaces: ["a", other]),
        ]
        #expect(Set(topics + exchanges + namespaces).count == 6)
        #expect(topics[0] == topics[0] && exchanges[0] == exchanges[0] && namespaces[0] == namespaces[0])
    }

    @Test func whatIsMissingIsNotEmpty() {
        #expect(Address(topic: "t") != Address(exchange: "", topic: "t"))
        #expect(Address(topic: "t") != Address(topic: "t", namespaces: [""]))
        #expect(Address(topic: "t", namespaces: ["a"]) != Address(topic: "t", namespaces: ["a", "a"]))
        #expect(Address(topic: "t", namespaces: ["ab", "c"]) != Address(topic: "t", namespaces: ["a", "bc"]))
    }

    @Test func otherPropertiesCountAsWell() {
        #expect(Address(topic: "t", number: 1) != Address(topic: "t", number: 2))
        #expect(Set([Address(topic: "t", number: 1), Address(topic: "t", number: 1)]).count == 1)
    }
}
