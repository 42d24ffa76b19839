// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Synchronization
internal import Threads

/// Lets pages of other origins use the gateway: the CORS protocol of the Fetch standard.
///
/// A browser asks by a preflight whether a page may send a request that needs its leave, and shows the page answers that name its
/// origin only.
final class CrossOrigin: Sendable {
    private let current: Guarded<CrossOriginConfiguration>
    private let isOn: Atomic<Bool>

    init(_ configuration: CrossOriginConfiguration) {
        current = Guarded(configuration)
        isOn = Atomic(!configuration.origins.isEmpty)
    }

    /// Puts other origins in force.
    func update(_ configuration: CrossOriginConfiguration) {
        current.withLock { $0 = configuration }
        isOn.store(!configuration.origins.isEmpty, ordering: .relaxed)
    }

    /// Whether any origin is allowed.
    var isUsed: Bool { isOn.load(ordering: .relaxed) }

    /// The fields that any answer to a request has besides its own.
    func fields(_ head: RequestHead) -> ResponseFields {
        guard isUsed else { return ResponseFields() }
        guard let (origin, configuration) = allowed(head) else { return Self.ofOthers }
        let exposed = configuration.credentials ? Self.exposed : "*"
        return ResponseFields(
            Self.leave(origin, configuration) + [("Access-Control-Expose-Headers", exposed), ("Vary", "Origin")]
        )
    }

    /// The fields of an answer of the HTTP layer itself, few as its head has to be short.
    ///
    /// - Parameter origin: the request's one field `Origin`.
    func fields(ofRefusal origin: [UInt8]) -> ResponseFields {
        guard isUsed else { return ResponseFields() }
        let configuration = current.withLock { $0 }
        guard configuration.allows(origin[...]) else { return Self.ofOthers }
        let text = String(decoding: origin, as: UTF8.self)
        let exposed = configuration.credentials ? "Allow, Retry-After, X-Request-Id" : "*"
        return ResponseFields(
            Self.leave(text, configuration) + [("Access-Control-Expose-Headers", exposed), ("Vary", "Origin")]
        )
    }

    /// What an answer has that no page of another origin is to see, lest a cache give it to one that may.
    private static let ofOthers = ResponseFields([("Vary", "Origin")])

    /// The answer to a preflight of an allowed origin, which brings no credential; nil for any other request.
    func answer(toPreflight head: RequestHead) -> HTTPResponse? {
        guard isUsed, head.method == "OPTIONS", head.fields.contains("Access-Control-Request-Method"),
            let (origin, configuration) = allowed(head)
        else { return nil }
        // Of a path that does not exist the page may learn by the request itself.
        let methods = (try? Router.route(head.path))?.allow ?? "GET, HEAD, POST, DELETE, OPTIONS"
        return HTTPResponse(
            status: 204,
            fields: Self.leave(origin, configuration) + [
                ("Access-Control-Allow-Methods", methods), ("Access-Control-Allow-Headers", Self.taken),
                ("Access-Control-Max-Age", "600"), ("Allow", methods),
                ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
            ]
        )
    }

    private func allowed(_ head: RequestHead) -> (origin: String, configuration: CrossOriginConfiguration)? {
        guard let origin = head.fields.bytes(of: "Origin"), head.fields.count(of: "Origin") == 1 else { return nil }
        let configuration = current.withLock { $0 }
        guard configuration.allows(origin) else { return nil }
        return (String(decoding: origin, as: UTF8.self), configuration)
    }

    private static func leave(
        _ origin: String,
        _ configuration: CrossOriginConfiguration
    ) -> [(name: String, value: String)] {
        [("Access-Control-Allow-Origin", origin)]
            + (configuration.credentials ? [("Access-Control-Allow-Credentials", "true")] : [])
    }

    /// The fields that requests may have; all that the gateway looks at.
    static let taken = """
        Authorization, X-Api-Key, Content-Type, Content-Encoding, Accept, Prefer, Idempotency-Key, Last-Event-ID, Rpc-Timeout, Rpc-Call-Monitor, \
        Rpc-Context, X-Request-Id, X-Openstack-Request-Id, Traceparent, Tracestate, Amqp-App-Id, Amqp-Delivery-Mode, Amqp-Headers, \
        Amqp-Message-Id, Amqp-Priority, Amqp-Timestamp, Amqp-Type
        """

    /// The fields of answers that pages see, where they cannot see all: with credentials `*` is no wildcard.
    static let exposed = """
        Allow, Amqp-App-Id, Amqp-Content-Encoding, Amqp-Content-Type, Amqp-Delivery-Mode, Amqp-Headers, Amqp-Message-Id, Amqp-Omitted, \
        Amqp-Priority, Amqp-Timestamp, Amqp-Type, Content-Encoding, Idempotency-Replayed, Location, Preference-Applied, RateLimit, \
        RateLimit-Policy, Retry-After, Rpc-Message-Id, Rpc-Operation, Rpc-Replies, Rpc-Replies-Complete, Rpc-Timeout, Server-Timing, \
        WWW-Authenticate, X-Openstack-Request-Id, X-Request-Id
        """
}
