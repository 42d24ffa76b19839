// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

/// The header fields of a request that say how a method is called.
struct CallFields: Sendable {
    var timeout: Duration
    var callMonitorTimeout: Duration?
    var context: RequestContext

    /// The shortest interval that oslo's servers can keep: below two seconds they send no heartbeat at all.
    static let minimumCallMonitorSeconds = 2.0
    /// The most entries that a request context may have.
    static let maximumContextEntries = 256

    /// Reads the fields.
    ///
    /// - Throws: `invalid-request` naming the field and the fix, `forbidden` for a context where none is accepted.
    init(
        _ fields: borrowing RequestFields,
        identity: borrowing RequestIdentity,
        _ snapshot: ConfigurationSnapshot
    ) throws(Problem) {
        timeout = try Self.timeout(
            fields,
            usual: snapshot.configuration.responseTimeout,
            maximum: snapshot.configuration.maximumTimeout
        )
        callMonitorTimeout = try Self.callMonitor(fields)
        context = try Self.context(fields, isAccepted: snapshot.configuration.acceptsContext)
        if snapshot.configuration.propagatesTraceContext { TraceContext.copy(fields, into: &context) }
        guard !context.entries.isEmpty else {
            context = RequestContext(requestID: identity.quoted)
            return
        }
        context.set("request_id", identity.quoted)
        context.set("global_request_id", identity.quoted)
    }

    /// Reads the fields under a configuration.
    init(_ fields: RequestFields, identity: RequestIdentity, configuration: GatewayConfiguration) throws(Problem) {
        try self.init(fields, identity: identity, ConfigurationSnapshot(configuration))
    }

    /// The time that a request has.
    static func timeout(_ fields: RequestFields, _ configuration: GatewayConfiguration) throws(Problem) -> Duration {
        try timeout(fields, usual: configuration.responseTimeout, maximum: configuration.maximumTimeout)
    }

    private static func timeout(
        _ fields: RequestFields,
        usual: Duration,
        maximum: Duration
    ) throws(Problem) -> Duration {
        if let asked = try seconds(fields, "Rpc-Timeout") { return min(asked, maximum) }
        guard fields.contains("Prefer") else { return min(usual, maximum) }
        // Beside `respond-async` it says how long the client would wait before that, not how long the request may take.
        let wait = Prefer.isLater(fields) ? nil : Prefer.wait(fields)
        return min(wait ?? usual, maximum)
    }

    private static func seconds(_ fields: RequestFields, _ name: StaticString) throws(Problem) -> Duration? {
        guard let text = try fields.single(name) else { return nil }
        guard let seconds = DecimalSeconds.parse(text), seconds > .zero else {
            throw .invalidRequest("\(name): a positive number of seconds is expected, such as 2.5")
        }
        return seconds
    }

    private static func callMonitor(_ fields: RequestFields) throws(Problem) -> Duration? {
        guard let interval = try seconds(fields, "Rpc-Call-Monitor") else { return nil }
        guard interval >= .seconds(minimumCallMonitorSeconds) else {
            throw .invalidRequest("Rpc-Call-Monitor: at least 2 seconds; servers cannot send heartbeats more often")
        }
        return interval
    }

    private static func context(
        _ fields: RequestFields,
        isAccepted: Bool
    ) throws(Problem) -> RequestContext {
        guard let text = try fields.single("Rpc-Context") else { return RequestContext() }
        guard isAccepted else {
            throw .forbidden("Rpc-Context: this gateway takes no request context from clients (rpc.acceptContext)")
        }
        let object: JSONText
        do {
            object = try JSONObject.arguments(Array(text.utf8))
        } catch {
            throw .invalidRequest("Rpc-Context: a JSON object is expected; \(error)")
        }
        // Setting an entry looks through all others: without a bound a header field could cost a second.
        guard JSONSize.members(of: object, isAtMost: maximumContextEntries) else {
            throw .invalidRequest("Rpc-Context: more than \(maximumContextEntries) entries")
        }
        guard let context = RequestContext(object) else {
            throw .invalidRequest(
                "Rpc-Context: a name holds half of a surrogate pair (\\ud800 to \\udfff), which has no UTF-8"
            )
        }
        return context
    }
}

/// A decimal number of seconds: digits, optionally a point with more digits; no sign, no exponent.
enum DecimalSeconds {
    /// The duration; nil for any other form, or for more than about thirty years.
    static func parse(_ text: String) -> Duration? {
        let parts = text.utf8.split(separator: 0x2e, omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { 0x30...0x39 ~= $0 } }),
            parts[0].count <= 9, let seconds = Int64(Substring(parts[0]))
        else { return nil }
        guard parts.count == 2 else { return .seconds(seconds) }
        let digits = String(Substring(parts[1].prefix(9)))
        guard let fraction = Int64(digits + String(repeating: "0", count: 9 - digits.utf8.count)) else { return nil }
        return .seconds(seconds) + .nanoseconds(fraction)
    }
}

extension RequestFields {
    /// The value of a field that may occur only once; nil where it is absent.
    ///
    /// - Throws: `invalid-request` for a field that is given twice.
    func single(_ name: StaticString) throws(Problem) -> String? {
        guard let value = self[name] else { return nil }
        guard count(of: name) == 1 else { throw .invalidRequest("\(name): the field is given twice") }
        return value
    }
}
