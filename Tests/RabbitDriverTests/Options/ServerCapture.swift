// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Foundation
import Testing

@testable import RabbitDriver

/// The declarations and consumes of a captured server, arguments with their wire types as text.
struct ServerCapture {
    struct Step {
        var method: String
        var exchange = ""
        var type = ""
        var queue = ""
        var isDurable = false
        var isAutoDelete = false
        var arguments: [String: String] = [:]
    }

    let steps: [Step]

    /// The queue that is declared first.
    var topic: String? { steps.first { $0.method == "Queue.Declare" }?.queue }

    init(_ name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Vectors/\(name).json"))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        steps = try #require(object["steps"] as? [[String: Any]]).map(Self.step)
    }

    /// Arguments in the form in which steps hold them.
    static func texts(_ table: FieldTable) -> [String: String] {
        var result: [String: String] = [:]
        for entry in table.entries {
            switch entry.value {
            case .int32(let value): result[entry.key] = "I \(value)"
            case .string(let text): result[entry.key] = "S \(text)"
            case .bool(let flag): result[entry.key] = "t \(flag)"
            default: Issue.record("\(entry) is of another type")
            }
        }
        return result
    }

    private static func step(_ object: [String: Any]) throws -> Step {
        let arguments = try #require(object["args"] as? [String: Any])
        var step = Step(method: try #require(object["method"] as? String))
        step.exchange = arguments["exchange"] as? String ?? ""
        step.type = arguments["type"] as? String ?? ""
        step.queue = arguments["queue"] as? String ?? ""
        step.isDurable = arguments["durable"] as? Bool ?? false
        step.isAutoDelete = arguments["auto_delete"] as? Bool ?? false
        let types = object["argument_types"] as? [String: String] ?? [:]
        for (name, value) in arguments["arguments"] as? [String: Any] ?? [:] {
            let type = types[name] ?? ""
            step.arguments[name] = type == "t" ? "t \(value as? Bool ?? false)" : "\(type) \(value)"
        }
        return step
    }
}
