// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Messaging
import Names
import Testing

@testable import RabbitDriver

struct ReplyQueueTests {
    private let queue = ReplyQueue()

    @Test func theNameIsWhatCallsAreTold() {
        for _ in 0..<3 {
            #expect(queue.name == Name(ReplyQueue.prefix + queue.unique.hexadecimal))
            queue.renew()
        }
    }

    @Test func everyNameIsNew() {
        var names: Set<Name> = [queue.name]
        for _ in 0..<100 {
            queue.renew()
            #expect(names.insert(queue.name).inserted)
        }
    }

    @Test func theLastNameThatWasConsumedIsRemembered() {
        queue.renew()
        #expect(queue.former == nil)
        queue.noteUse()
        let used = queue.name
        for _ in 0..<2 {
            queue.renew()
            #expect(queue.former == used)
        }
        queue.forgetFormer()
        #expect(queue.former == nil)
    }

    @Test func theFormerQueueIsConsumedAndDeletedToo() throws {
        let before = ListeningTopology(queue, options: RabbitOptions())
        #expect(before.formerConsumer == nil)
        #expect(before.ownQueues == [queue.name])
        queue.noteUse()
        let used = queue.name
        queue.renew()
        let after = ListeningTopology(queue, options: RabbitOptions())
        #expect(after.consumers.map(\.queue) == [queue.name])
        #expect(try #require(after.formerConsumer).queue == used)
        #expect(after.formerConsumer?.tag != after.consumers[0].tag)
        #expect(after.ownQueues == [queue.name, used])
        // It may be gone, so nothing that has to succeed names it.
        let declared = after.steps().compactMap { step in
            if case .declareQueue(let queue) = step { queue.name } else { nil }
        }
        #expect(declared == [queue.name])
    }
}
