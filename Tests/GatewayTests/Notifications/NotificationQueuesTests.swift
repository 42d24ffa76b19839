// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Names
import Testing
import Threads

@testable import Gateway

struct NotificationQueuesTests {
    private let start = Moment.now

    private func key(_ number: Int, exchange: Name = "x") -> NotificationQueues.Key {
        NotificationQueues.Key(exchange: exchange, queue: Name("topic\(number).info"))
    }

    @Test func soManyAreMadeInAllAndKnownOnesStayGood() {
        var queues = NotificationQueues()
        let admitted = (0..<5).map { queues.admit(key($0), maximum: 3, now: start + .seconds($0)) }
        let refused = NotificationQueues.Admission.refused(.notificationQueues(3), isNews: false)
        #expect(admitted == [.new, .new, .new, .refused(.notificationQueues(3), isNews: true), refused])
        #expect(queues.admit(key(1), maximum: 3, now: start + .seconds(6)) == .known)
        #expect(queues.admit(key(1, exchange: "y"), maximum: 3, now: start + .seconds(6)) == refused)
        // The setting may be raised while the gateway runs.
        #expect(queues.admit(key(4), maximum: 4, now: start + .seconds(9)) == .new)
    }

    @Test func soManyAreMadeInASecond() {
        var queues = NotificationQueues()
        func made(_ numbers: Range<Int>, _ milliseconds: Int) -> Int {
            numbers.count { queues.admit(key($0), maximum: .max, now: start + .milliseconds(milliseconds)) == .new }
        }
        #expect(made(0..<200, 0) == NotificationQueues.perSecond)
        #expect(made(200..<300, 999) == 0)
        #expect(made(300..<310, 1000) == 10)
        #expect(made(310..<400, 1500) == NotificationQueues.perSecond - 10)
    }

    @Test func aQueueThatWasNotMadeDoesNotCount() {
        var queues = NotificationQueues()
        for number in 0..<10 {
            #expect(queues.admit(key(number), maximum: 1, now: start + .seconds(number)) == .new)
            queues.forget(key(number))
        }
    }

    @Test func theLogIsToldOnceAMinute() {
        var queues = NotificationQueues()
        let news = (0..<130).filter { second in
            queues.admit(key(second), maximum: 0, now: start + .seconds(second))
                == .refused(.notificationQueues(0), isNews: true)
        }
        #expect(news == [0, 60, 120])
    }

    private func notify(_ gateway: TestGateway, _ topic: String, _ query: String = "") throws -> Int {
        try gateway.post("/-/notifications/\(topic)/e\(query)").get().status
    }

    @Test func aClientMakesNoMoreThanTheSettingAllows() throws {
        let driver = FakeNotificationDriver()
        let gateway = TestGateway(driver) { $0.notifications.maximumQueues = 2 }
        driver.queues.withLock { $0 = ["old.info"] }
        #expect(try notify(gateway, "a") == 202)
        #expect(try notify(gateway, "a", "?priority=error") == 202)
        let refused = try gateway.post("/-/notifications/b/e").get()
        let text = String(decoding: refused.body, as: UTF8.self)
        #expect(refused.status == 503)
        #expect(text.contains("notifications.maxQueues") && text.contains(#""executed":"no""#))
        // What is there already makes nothing, and what was made stays good.
        #expect(try notify(gateway, "old") == 202)
        #expect(try notify(gateway, "a") == 202)
        // Whether it is bound to another exchange is not known.
        #expect(try notify(gateway, "old", "?exchange=other") == 503)
        #expect(driver.sent.withLock { $0.map(\.queueName) } == ["a.info", "a.error", "old.info", "a.info"])
    }
}
