// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging

@testable import Gateway

/// A path, and behind the first `?` a query.
enum PathTarget {
    private static let parameters = ["namespace", "version", "exchange", "min"]

    static func run(_ input: [UInt8]) throws(Finding) {
        let parts = input.split(separator: 0x3F, maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
        let query = parts.count > 1 ? parts[1] : nil
        let route = try? Router.route(parts[0])
        _ = try? QueryParameters(query, known: parameters)
        guard case .rpc(let call)? = route else { return }
        for name in [call.topic, call.method, call.server ?? "-"] {
            guard !name.isEmpty, name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw Finding("a name of the path is empty or holds a control character")
            }
        }
        guard call.method.utf8.first != UInt8(ascii: "_") else { throw Finding("a private method was let through") }
        guard call.topic != "*" else { throw Finding("a topic of every topic was let through") }
        let snapshot = ConfigurationSnapshot(GatewayConfiguration())
        _ = try? CallPlan(call, query: query, snapshot)
    }
}

/// Header fields, one a line, the name up to the first colon.
enum FieldsTarget {
    static func run(_ input: [UInt8]) throws(Finding) {
        let fields = RequestFields(
            input.split(separator: 0x0A).map { line in
                let parts = line.split(separator: 0x3A, maxSplits: 1, omittingEmptySubsequences: false)
                let value = parts.count > 1 ? parts[1].drop { $0 == 0x20 } : []
                return (String(decoding: parts[0], as: UTF8.self), String(decoding: value, as: UTF8.self))
            }
        )
        let head = RequestHead(method: "POST", path: Array("/t/m".utf8), fields: fields)
        let configuration = GatewayConfiguration()
        let identity = RequestIdentity(fields)
        guard identity.quoted.bytes.count <= 1024 else { throw Finding("an identifier of any length was taken") }
        _ = try? DeliveryWish(fields)
        _ = try? CallRequest.checkContentType(head, configuration.crossOrigin)
        _ = try? PlainFields.message(fields)
        guard let call = try? CallFields(fields, identity: identity, configuration: configuration) else { return }
        guard .zero < call.timeout, call.timeout <= configuration.maximumTimeout else {
            throw Finding("a time-out of \(call.timeout)")
        }
        guard call.context.entries.count <= CallFields.maximumContextEntries + 8 else {
            throw Finding("a context of \(call.context.entries.count) entries")
        }
    }
}
