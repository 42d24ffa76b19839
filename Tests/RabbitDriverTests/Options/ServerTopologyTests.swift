//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Foundation
import Testing

@testable import RabbitDriver

/// What a server declares, against the captured declarations of real oslo.messaging for each set of options.
struct ServerTopologyTests {
    @Test(arguments: [
        ("default", []), ("durable", [("amqp_durable_queues", "true")]), ("auto_delete", [("amqp_auto_delete", "1")]),
        (
            "quorum",
            [
                ("rabbit_quorum_queue", "yes"), ("rabbit_quorum_delivery_limit", "5"),
                ("rabbit_quorum_max_memory_length", "100"), ("rabbit_quorum_max_memory_bytes", "1000000"),
            ]
        ),
        ("transient_quorum", [("rabbit_transient_quorum_queue", "on")]),
        (
            "stream_fanout",
            [
                ("rabbit_stream_fanout", "true"), ("rabbit_transient_quorum_queue", "true"),
                ("rabbit_qos_prefetch_count", "10"),
            ]
        ),
        ("ttl_zero", [("rabbit_transient_queues_ttl", "0")]), ("ha", [("rabbit_ha_queues", "true")]),
        ("cancel_on_failover", [("enable_cancel_on_failover", "true")]),
        ("mandatory_off", [("direct_mandatory_flag", "false")]),
    ])
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
        #expect(ours.name == step.exchange)
        #expect(ours.type == step.type)
        #expect(ours.isDurable == step.isDurable)
        #expect(ours.isAutoDelete == step.isAutoDelete)
    }

    private func checkQueue(_ step: ServerCapture.Step, topic: String, _ options: RabbitOptions) {
        let isFanout = step.queue.hasPrefix("\(topic)_fanout")
        let unique = String(step.queue.dropFirst("\(topic)_fanout_".count))
        let ours = isFanout ? options.fanoutQueue(topic: topic, unique: unique) : options.topicQueue(step.queue)
        #expect(ours.name == step.queue)
        #expect(ours.isDurable == step.isDurable)
        #expect(ours.isAutoDelete == step.isAutoDelete)
        #expect(ServerCapture.texts(ours.arguments) == step.arguments)
    }
}
