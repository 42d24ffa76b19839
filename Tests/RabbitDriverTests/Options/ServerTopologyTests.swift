// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Foundation
import Names
import Testing

@testable import RabbitDriver

/// What a server declares, against the captured declarations of real oslo.messaging for each set of options.
struct ServerTopologyTests {
    @Test(arguments: ListeningTopologyTests.optionSets)
    func declarationsEqualPythons(_ name: String, _ set: [(String, String)]) throws {
        let options = try RabbitOptions(options: set)
        let capture = try ServerCapture("topology_server_\(name)")
        let topic = try #require(capture.topic)
        for step in capture.steps {
            switch step.method {
            case "Exchange.Declare": checkExchange(step, topic: topic, options)
            case "Queue.Declare": checkQueue(step, topic: topic, options)
            case "Basic.Consume":
                let isFanout = step.queue.hasPrefix("\(topic)_fanout")
                let ours = isFanout ? options.fanoutConsumeArguments : options.consumeArguments
                #expect(ServerCapture.texts(ours) == step.arguments)
            default: break
            }
        }
    }

    private func checkExchange(_ step: ServerCapture.Step, topic: String, _ options: RabbitOptions) {
        let isFanout = step.type == "fanout"
        let ours = isFanout ? options.fanoutExchange(topic: topic) : options.controlExchange(step.exchange)
        #expect(ours.name == Name(step.exchange))
        #expect(ours.type == step.type)
        #expect(ours.isDurable == step.isDurable)
        #expect(ours.isAutoDelete == step.isAutoDelete)
    }

    private func checkQueue(_ step: ServerCapture.Step, topic: String, _ options: RabbitOptions) {
        let isFanout = step.queue.hasPrefix("\(topic)_fanout")
        let unique = String(step.queue.dropFirst("\(topic)_fanout_".count))
        let ours = isFanout ? options.fanoutQueue(topic: topic, unique: unique) : options.topicQueue(step.queue)
        #expect(ours.name == Name(step.queue))
        #expect(ours.isDurable == step.isDurable)
        #expect(ours.isAutoDelete == step.isAutoDelete)
        #expect(ServerCapture.texts(ours.arguments) == step.arguments)
    }
}
