// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The RPC part of a path: which method of whom, and how.
struct RPCRoute: Sendable, Equatable {
    enum Verb: Sendable, Equatable {
        case call
        case cast
        case gather
    }

    var topic: String
    /// nil for any server.
    var server: String?
    var isFanout = false
    var method: String
    var verb: Verb

    /// The forms that such a path has; the raw value is what metrics and logs name.
    enum Form: String, Sendable, CaseIterable {
        case call = "/{topic}/{server}/{method}"
        case cast = "/{topic}/{server}/{method}:cast"
        case fanout = "/{topic}/*/{method}:cast"
        case gather = "/{topic}/*/{method}:gather"
    }

    var form: Form {
        switch verb {
        case .call: .call
        case .cast: isFanout ? .fanout : .cast
        case .gather: .gather
        }
    }

    var template: String { form.rawValue }
}
