// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Foundation
import Messaging
import Names
import Testing

@testable import RabbitDriver

/// What we declare, against the captured declarations of real oslo.messaging for each set of options.
struct TopologyTests {
    private struct Step: Decodable {
        struct Arguments: Decodable {
            var queue: String?
            var exchange: String?
            var type: String?
            var durable: Bool?
            var auto_delete: Bool?
            var arguments: [String: JSONValue]?
        }
        var connection: Int
        var method: String
        var args: Arguments
    }

    private enum JSONValue: Decodable, Equatable {
        case integer(Int)
        case text(String)
        case flag(Bool)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let integer = try? container.decode(Int.self) {
                self = .integer(integer)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        init?(_ argument: FieldValue) {
            switch argument {
            case .int32(let value): self = .integer(Int(value))
            case .string(let text): self = .text(text)
            case .bool(let flag): self = .flag(flag)
            default: return nil
            }
        }
    }

    private struct Capture: Decodable {
        var steps: [Step]
    }

    private func steps(_ name: String) throws -> [Step] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Vectors/topology_client_\(name).json"))
        return try JSONDecoder().decode(Capture.self, from: data).steps
    }

    private func same(_ table: FieldTable, _ arguments: [String: JSONValue]?) -> Bool {
        Dictionary(uniqueKeysWithValues: table.entries.map { ($0.key, JSONValue($0.value)) }) == arguments ?? [:]
    }

    static let optionSets: [(String, [(String, String)])] = [
        ("default", []), ("durable", [("amqp_durable_queues", "true")]), ("auto_delete", [("amqp_auto_delete", "yes")]),
        ("quorum", [("rabbit_quorum_queue", "1"), ("rabbit_quorum_delivery_limit", "5")]),
        ("transient_quorum", [("rabbit_transient_quorum_queue", "on")]),
        (
            "stream_fanout",
            [
                ("rabbit_transient_quorum_queue", "true"), ("rabbit_qos_prefetch_count", "10"),
                ("rabbit_stream_fanout", "true"),
            ]
        ),
        ("ttl_zero", [("rabbit_transient_queues_ttl", "0")]), ("ha", [("rabbit_ha_queues", "True")]),
        ("cancel_on_failover", [("enable_cancel_on_failover", "true")]),
        ("mandatory_off", [("direct_mandatory_flag", "false")]),
    ]

    @Test(arguments: optionSets)
    func declarationsEqualPythons(_ name: String, _ set: [(String, String)]) throws {
        let options = try RabbitOptions(options: set)
        for step in try steps(name) {
            let arguments = step.args
            switch step.method {
            case "Queue.Declare":
                let name = Name(try #require(arguments.queue))
                #expect(name.hasPrefix(ReplyQueue.prefix))
                let queue = options.temporaryQueue(name)
                #expect(queue.name == name)
                #expect(queue.isDurable == arguments.durable)
                #expect(queue.isAutoDelete == arguments.auto_delete)
                #expect(same(queue.arguments, arguments.arguments), "\(name): \(queue.arguments)")
            case "Exchange.Declare":
                let exchange = try #require(arguments.exchange)
                let isFanout = arguments.type == "fanout"
                let ours =
                    isFanout
                    ? options.fanoutExchange(topic: String(exchange.dropLast(7))) : options.controlExchange(exchange)
                #expect(ours.name == Name(exchange))
                #expect(ours.type == arguments.type)
                #expect(ours.isDurable == arguments.durable)
                #expect(ours.isAutoDelete == arguments.auto_delete)
            case "Basic.Consume":
                #expect(same(options.consumeArguments, arguments.arguments))
            case "Basic.Qos":
                #expect(options.prefetchCount > 0)
            default: break
            }
        }
    }

    @Test func quorumLimitsStandOnlyWhereGiven() throws {
        let options = try RabbitOptions(options: [
            ("rabbit_quorum_queue", "true"), ("rabbit_quorum_delivery_limit", "5"),
            ("rabbit_quorum_max_memory_bytes", "7"),
        ])
        #expect(
            options.topicQueue("t").arguments.entries.map(\.key) == [
                "x-queue-type", "x-delivery-limit", "x-max-in-memory-bytes",
            ]
        )
    }

    @Test func everyWrongOptionIsNamedAtOnce() {
        do throws(RabbitOptionsError) {
            _ = try RabbitOptions(options: [
                ("nonsense", "1"), ("ssl", "maybe"), ("rpc_conn_pool_size", "0"), ("kombu_failover_strategy", "x"),
                ("heartbeat_timeout_threshold", "1.5"), ("kombu_compression", "bz2"), ("use_queue_manager", "true"),
            ])
            Issue.record("accepted")
        } catch {
            for name in [
                "nonsense", "ssl", "rpc_conn_pool_size", "kombu_failover", "heartbeat", "kombu_compression",
                "use_queue",
            ] {
                #expect(error.problems.contains { $0.hasPrefix(name) }, "\(name)")
            }
        }
    }

    @Test(arguments: [
        [("rpc_conn_pool_size", "1"), ("conn_pool_min_size", "2")],
        [("rabbit_ha_queues", "1"), ("rabbit_quorum_queue", "1")],
        [("rabbit_stream_fanout", "true")], [("ssl_cert_file", "/x")],
    ])
    func contradictionsAreRefused(_ options: [(String, String)]) {
        #expect(throws: RabbitOptionsError.self) { try RabbitOptions(options: options) }
    }

    @Test func targetsAreRoutedAsPythonDoes() throws {
        let options = RabbitOptions()
        func route(_ target: Target) -> (String, String) {
            let route = options.route(to: target, controlExchange: "openstack")
            return (route.exchange.text, target.isFanout ? "" : target.queueName)
        }
        #expect(route(Target(topic: "t")) == ("openstack", "t"))
        #expect(route(Target(exchange: "nova", topic: "t", server: "s")) == ("nova", "t.s"))
        #expect(route(Target(exchange: "nova", topic: "t", server: "s", isFanout: true)) == ("t_fanout", ""))
    }

    @Test func whatCallersNameIsLookedForFirst() {
        let targets = [
            Target(topic: "t"), Target(exchange: "openstack", topic: "t"), Target(exchange: "nova", topic: "t"),
            Target(topic: "t", isFanout: true),
        ]
        let look = targets.map { RabbitOptions().route(to: $0, controlExchange: "openstack").looksFirst }
        #expect(look == [false, false, true, true])
    }
}
