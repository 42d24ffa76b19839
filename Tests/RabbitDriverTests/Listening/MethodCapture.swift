// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Foundation
import Testing

@testable import RabbitDriver

/// The methods of a capture as text, one line each, up to the first publish.
struct MethodCapture {
    let methods: [String]
    let exchanges: [String]
    let queues: [String]

    init(_ name: String, connection: Int?) throws {
        let object = try #require(try Self.json(name) as? [String: Any])
        let steps = try #require(object["steps"] as? [[String: Any]])
            .filter { connection == nil || $0["connection"] as? Int == connection }
        methods = steps.compactMap(Self.line)
        let arguments = steps.compactMap { $0["args"] as? [String: Any] }
        exchanges = arguments.compactMap { $0["exchange"] as? String }
        queues = steps.filter { $0["method"] as? String == "Queue.Declare" }
            .compactMap { ($0["args"] as? [String: Any])?["queue"] as? String }
    }

    static func json(_ name: String) throws -> Any {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appending(path: "Vectors/\(name).json")))
    }

    private static func line(_ step: [String: Any]) -> String? {
        guard let method = step["method"] as? String, let args = step["args"] as? [String: Any] else { return nil }
        func text(_ key: String) -> String { args[key].map { "\($0)" } ?? "" }
        func flag(_ key: String) -> String { "\(key)=\(args[key] as? Bool ?? false)" }
        let types = step["argument_types"] as? [String: String] ?? [:]
        let table = (args["arguments"] as? [String: Any] ?? [:]).mapValues { $0 }.map { name, value in
            let type = types[name] ?? "?"
            return "\(name)=\(type) \(type == "t" ? "\(value as? Bool ?? false)" : "\(value)")"
        }
        let arguments = table.isEmpty ? "[:]" : table.sorted().joined(separator: ", ")
        switch method {
        case "Basic.Qos": return "Basic.Qos \(text("prefetch_count"))"
        case "Exchange.Declare":
            return "Exchange.Declare \(text("exchange")) \(text("type")) \(flag("durable")) \(flag("auto_delete"))"
        case "Queue.Declare":
            return "Queue.Declare \(text("queue")) \(flag("durable")) \(flag("auto_delete")) \(arguments)"
        case "Queue.Bind": return "Queue.Bind \(text("queue")) \(text("exchange")) \(text("routing_key"))"
        case "Basic.Consume": return "Basic.Consume \(text("queue")) \(text("consumer_tag")) \(arguments)"
        case "Queue.Delete": return "Queue.Delete \(text("queue"))"
        default: return nil
        }
    }
}

extension ListeningTopology.Step {
    /// The method in the form of a capture's.
    var text: String {
        switch self {
        case .qos(let count): "Basic.Qos \(count)"
        case .declareExchange(let exchange):
            "Exchange.Declare \(exchange.name) \(exchange.type) durable=\(exchange.isDurable) "
                + "auto_delete=\(exchange.isAutoDelete)"
        case .declareQueue(let queue):
            "Queue.Declare \(queue.name) durable=\(queue.isDurable) auto_delete=\(queue.isAutoDelete) "
                + queue.arguments.text
        case .bind(let queue, let exchange, let key): "Queue.Bind \(queue) \(exchange) \(key)"
        case .consume(let consumer): "Basic.Consume \(consumer.queue) \(consumer.tag) \(consumer.arguments.text)"
        }
    }
}

extension FieldTable {
    fileprivate var text: String {
        let texts = entries.map { entry in
            switch entry.value {
            case .int32(let value): "\(entry.key)=I \(value)"
            case .string(let text): "\(entry.key)=S \(text)"
            case .bool(let flag): "\(entry.key)=t \(flag)"
            default: "\(entry.key)=\(entry.value)"
            }
        }
        return texts.isEmpty ? "[:]" : texts.sorted().joined(separator: ", ")
    }
}
