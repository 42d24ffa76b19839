// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing
import Threads

/// Values that hold names from outside are the same only when the bytes of the names are.
struct ValuesByBytesTests {
    private func differ<Value: Hashable>(_ one: Value, _ other: Value) -> Bool {
        one != other && Set([one, other]).count == 2 && one == one
    }

    @Test(arguments: LookAlikes.pairs)
    func targets(_ one: String, _ other: String) {
        #expect(differ(Target(exchange: one, topic: "t"), Target(exchange: other, topic: "t")))
        #expect(differ(Target(topic: one), Target(topic: other)))
        #expect(differ(Target(namespace: one), Target(namespace: other)))
        #expect(differ(Target(version: one), Target(version: other)))
        #expect(differ(Target(topic: "t", server: one), Target(topic: "t", server: other)))
        #expect(differ(Target(legacyNamespaces: ["a", one]), Target(legacyNamespaces: ["a", other])))
        #expect(differ(Target(topic: nil), Target(topic: "")))
        #expect(Target(exchange: one, topic: other, server: one) == Target(exchange: one, topic: other, server: one))
    }

    @Test(arguments: LookAlikes.pairs)
    func subscriptions(_ one: String, _ other: String) {
        typealias Source = NotificationSubscription.Source
        #expect(differ(Source(topic: one), Source(topic: other)))
        #expect(differ(Source(exchange: one, topic: "t"), Source(exchange: other, topic: "t")))
        #expect(
            differ(NotificationSubscription(sources: [], pool: one), NotificationSubscription(sources: [], pool: other))
        )
    }

    @Test(arguments: LookAlikes.pairs)
    func contexts(_ one: String, _ other: String) {
        var (first, second) = (RequestContext(), RequestContext())
        first.set(one, string: "v")
        second.set(other, string: "v")
        #expect(differ(first, second))
        #expect(first[other] == nil)
        for number in 0..<64 { first.set("key\(number)", string: "") }
        #expect(first[one] != nil && first[other] == nil)
    }

    @Test(arguments: LookAlikes.pairs)
    func messages(_ one: String, _ other: String) {
        #expect(differ(PlainMessage(body: [], contentType: one), PlainMessage(body: [], contentType: other)))
        #expect(differ(PlainMessage(body: [], messageID: one), PlainMessage(body: [], messageID: other)))
        #expect(differ(PlainMessage.Header(name: one, value: .null), PlainMessage.Header(name: other, value: .null)))
        let deadline = Moment.now
        let notifications = [one, other].map { name in
            NotificationMessage(
                messageID: "m",
                publisherID: name,
                eventType: "e",
                priority: .info,
                payload: .null,
                timestamp: "",
                deadline: deadline
            )
        }
        #expect(notifications[0] != notifications[1])
    }

    @Test(arguments: LookAlikes.pairs)
    func exceptions(_ one: String, _ other: String) {
        #expect(differ(RemoteError(module: "m", className: one), RemoteError(module: "m", className: other)))
        #expect(differ(RemoteError(module: one, className: "C"), RemoteError(module: other, className: "C")))
    }

    @Test(arguments: LookAlikes.pairs)
    func transportURLs(_ one: String, _ other: String) throws {
        for text in ["rabbit://u:%@h/", "rabbit://%:p@h/", "rabbit://h/%", "rabbit://h/?a=%", "rabbit://h/?%=a"] {
            let urls = try [one, other].map { try TransportURL(text.replacing("%", with: encoded($0))) }
            #expect(differ(urls[0], urls[1]))
        }
        let both = try TransportURL("rabbit://h/?\(encoded(one))=1&\(encoded(other))=2")
        #expect(both.options.map(\.value) == ["1", "2"])
    }

    private func encoded(_ text: String) -> String {
        text.utf8.map { "%" + (($0 < 16 ? "0" : "") + String($0, radix: 16)) }.joined()
    }
}
