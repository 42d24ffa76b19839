// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Names
import Testing
import Threads

@testable import Gateway

/// A listener of one name beside a listener of another that only looks like it.
@Suite struct NotificationNamesTests {
    private let driver = FakeNotificationDriver()
    private let hub: NotificationHub

    init() throws { hub = try NotificationHub(loop: .shared()) }

    private func request(_ topic: String, _ query: String = "") throws(Problem) -> StreamRequest {
        var configuration = NotificationConfiguration()
        configuration.acceptsPools = true
        let head = RequestHead(method: "GET", path: Array("/-/n".utf8), query: Array(query.utf8))
        return try StreamRequest(topic: topic, head, configuration)
    }

    private func encoded(_ text: String) -> String {
        text.utf8.map { "%" + (($0 < 16 ? "0" : "") + String($0, radix: 16)) }.joined()
    }

    private func subscribe(_ key: SubscriptionKey) throws -> SharedSubscription {
        try hub.join(key, NotificationConfiguration(), of: Holder(address: "10.0.0.1")) { () throws(Problem) in
            do {
                return try SharedSubscription(key, on: driver, replayedEvents: 8)
            } catch {
                throw Problem(.internal, "\(error)")
            }
        }.subscription
    }

    @Test(arguments: LookAlikes.pairs)
    func lookAlikesShareNoSubscription(_ one: String, _ other: String) throws {
        let topics = try [one, other].map { try subscribe(request($0).source) }
        let exchanges = try [one, other].map { try subscribe(request("t", "exchange=\(encoded($0))").source) }
        let pools = try [one, other].map { try subscribe(request("t", "pool=\(encoded($0))").source) }
        for pair in [topics, exchanges, pools] { #expect(pair[0] !== pair[1]) }
        let again = try subscribe(request(other).source)
        #expect(again === topics[1])
        #expect(driver.listeners.withLock { $0.count } == 6)
    }

    @Test(arguments: [
        ("t", "t\u{301}"), ("t", "t.info\u{301}"), ("caf\u{e9}", "cafe\u{301}"), ("t", "xamq.\u{301}"),
    ])
    func aPoolMayLookLikeAQueueThatIsNone(_ topic: String, _ pool: String) throws {
        #expect(try request(topic, "pool=\(encoded(pool))").source.pool == pool)
    }

    @Test(arguments: [
        ("t", "amq.\u{301}x"), ("t", "reply_\u{301}"), ("t", "rpc-gateway_notifications_\u{301}"),
        ("cafe\u{301}", "cafe\u{301}.info"),
    ])
    func aReservedPoolIsRefusedWhateverFollows(_ topic: String, _ pool: String) {
        #expect(throws: Problem.self) { try request(topic, "pool=\(encoded(pool))") }
    }

    @Test(arguments: ["*.\u{301}a", "#.\u{301}", "\u{301}.*", "a.\u{301}.#", "\u{600}.*"])
    func aWildcardIsSeenWhateverIsAroundItsDots(_ topic: String) {
        #expect(throws: Problem.self) { try NotificationNames.checkTopic(topic) }
    }

    @Test(arguments: ["*\u{301}", "a.#\u{301}", "a*.b"])
    func whatOnlyBeginsLikeAWildcardIsAName(_ topic: String) throws {
        try NotificationNames.checkTopic(topic)
    }

    @Test func listsAreSplitAtCommasWhateverFollows() throws {
        let asked = try request("t", "event_type=" + encoded("a,\u{301}b"))
        #expect(
            asked.filter.eventTypes == [
                ShellPattern("a", takesSets: false), ShellPattern("\u{301}b", takesSets: false),
            ]
        )
    }

    @Test(arguments: LookAlikes.pairs)
    func globs(_ one: String, _ other: String) {
        #expect(ShellPattern(one, takesSets: false).matches(one) && !ShellPattern(one, takesSets: false).matches(other))
        #expect(
            ShellPattern("a?b", takesSets: false).matches("a\u{e9}b")
                && !ShellPattern("a?b", takesSets: false).matches("ae\u{301}b")
        )
        #expect(
            ShellPattern("??", takesSets: false).matches("e\u{301}")
                && ShellPattern("*?", takesSets: false).matches("\u{ac00}")
                && !ShellPattern("??", takesSets: false).matches("\u{ac00}")
        )
        #expect(
            ShellPattern("*\u{e9}?", takesSets: false).matches("\u{e8}\u{e9}\u{e8}")
                && !ShellPattern("?", takesSets: false).matches("")
        )
    }

    @Test(arguments: LookAlikes.pairs)
    func anEventIsResumedAfterItsOwnIdentifier(_ one: String, _ other: String) {
        var recent = RecentEvents(capacity: 8)
        for id in [one, "2", other, "4"] { recent.append(NotificationEvent(IncomingNotification(messageID: id))) }
        #expect(recent.number(of: .init(one)) == 1)
        #expect(recent.number(of: .init(other)) == 3)
    }

    @Test(arguments: LookAlikes.pairs)
    func anAcknowledgementThatCameTooLateIsOfItsMessageOnly(_ one: String, _ other: String) throws {
        let subscription = try subscribe(SubscriptionKey(exchange: nil, topic: "t", priorities: [.info], pool: nil))
        let test = TestStream()
        subscription.add(
            ListenerStream(
                id: 1,
                filter: StreamFilter(),
                identity: RequestIdentity(given: nil),
                stream: test.stream,
                metrics: GatewayMetrics()
            ),
            after: nil
        )
        let consumption = try #require(driver.listeners.withLock { $0.first })
        consumption.deliver(1, uniqueID: one, isLate: true)
        consumption.deliver(2, uniqueID: other)
        #expect(test.readNumbers() == [1, 2])
    }

    @Test func onlyTheKeysThatAreSafeAreShown() throws {
        var context = RequestContext()
        context.set("user", string: "u")
        context.set("user\u{301}", string: "secret")
        let event = NotificationEvent(IncomingNotification(context: context))
        let text = String(decoding: event.bytes, as: UTF8.self)
        #expect(text.contains(#""user":"u""#) && !text.contains("secret"))
    }
}
