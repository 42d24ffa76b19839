// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Messaging
import Names
import Testing

@testable import RabbitDriver

@Suite(.enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(1)))
struct PlainListenerTests {
    private let queue = TestBroker.uniqueName("plain")
    private let inbox = Inbox<any IncomingPlainMessage>()

    private func serve(_ driver: RabbitDriver, _ peer: Peer) async throws {
        let listener = try driver.makePlainListener(on: queue) { [inbox] in inbox.put($0) }
        listener.start()
        try await listener.waitUntilConsuming(deadline: .seconds(10))
        let replies = TestBroker.uniqueName("reply")
        try await peer.consume(replies)
        let properties = Properties(
            contentType: "text/x",
            headers: ["n": 1, "list": .array([.string("a")])],
            correlationID: "the-one",
            replyTo: replies
        )
        try await peer.publish(to: queue, Array("question".utf8), properties: properties)
        let request = try await inbox.next()
        #expect(request.message.contentType == "text/x")
        #expect(request.message.headers.map(\.value.string) == ["1", #"["a"]"#])
        let isTaken = request.acknowledge()
        #expect(isTaken)
        let header = PlainMessage.Header(name: "h", value: try JSONText(#"{"k": null}"#))
        request.reply(PlainMessage(body: Array("answer".utf8), contentType: "text/y", headers: [header])) { _ in }
        let reply = try #require(await peer.next())
        #expect(reply.body == Array("answer".utf8))
        #expect(reply.properties.correlationID == "the-one")
        #expect(reply.properties.headers == ["h": .table(["k": .void])])
        await listener.close(deadline: .seconds(5))
        #expect(try await peer.count(queue) == 0)
        await driver.shutdown(deadline: .seconds(5))
        try await peer.perform([.deleteQueue(Name(queue))])
        await peer.close()
    }

    @Test func requestsAreAnsweredByReplyToAndCorrelationID() async throws {
        try await serve(try TestBroker.driver(), try await Peer())
    }

    @Test func aQueueOfAnotherKindIsServedAsItIs() async throws {
        let peer = try await Peer()
        try await peer.perform([.declareQueue(QueueDeclaration(name: Name(queue), arguments: ["x-max-length": 5]))])
        try await serve(try TestBroker.driver(), peer)
    }

    @Test func aCallerThatIsGoneFailsTheReplyAtOnce() async throws {
        let (driver, done) = (try TestBroker.driver(), Inbox<MessagingError?>())
        driver.connections.start()
        let content = PendingReply.Content.plain(PlainMessage(body: [1]), correlationID: nil)
        driver.replySender.send(
            PendingReply(to: Name(TestBroker.uniqueName("gone")), content) { result in
                if case .failure(let error) = result { done.put(error) } else { done.put(nil) }
            }
        )
        #expect(try await done.next()?.code == .undeliverable)
        await driver.shutdown(deadline: .seconds(5))
    }
}
