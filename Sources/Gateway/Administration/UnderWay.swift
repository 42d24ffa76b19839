// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Messaging
internal import Names
internal import Threads

/// Something that a request is doing, as those who run the gateway are shown it.
protocol UnderWay: RequestAttachment {
    /// When its request had arrived.
    var started: Moment { get }
    /// Whom it is for and from, and since when: JSON, never with its arguments.
    func account(_ now: Moment) -> String
}

/// What an account says of every kind of request.
struct UnderWayTerms: Sendable {
    let identity: RequestIdentity
    let timeout: Duration
    let caller: Caller?
    /// Whether the answer is kept, for an operation or under a key, whether or not a client waits for it.
    let isKept: Bool

    /// - Parameter members: What is particular to its kind: names, and values as JSON.
    func account(_ members: [(name: String, value: String)], _ now: Moment) -> String {
        var all = [
            ("request_id", identity.quoted.string), ("age", DecimalText.seconds(identity.started.duration(to: now))),
            ("timeout", DecimalText.shortSeconds(timeout)),
        ]
        all += members.map { ($0.name, $0.value) }
        if isKept { all.append(("kept", "true")) }
        if let caller, caller.access.asks {
            all.append(("principal", JSONText(string: caller.principal.name.text).string))
            all.append(("address", JSONText(string: caller.address).string))
        }
        return "{\(all.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ","))}"
    }
}

/// A message, a notification or an entry of JSON-RPC on its way.
final class ShownRequest: UnderWay {
    private let terms: UnderWayTerms
    private let members: @Sendable () -> [(name: String, value: String)]

    /// - Parameter members: What is particular to its kind; asked for on any thread, when it is shown.
    init(_ terms: UnderWayTerms, _ members: @escaping @Sendable () -> [(name: String, value: String)]) {
        self.terms = terms
        self.members = members
    }

    var started: Moment { terms.identity.started }

    func account(_ now: Moment) -> String { terms.account(members(), now) }
}

/// What is under way and no connection holds: entries of JSON-RPC, and requests whose answer is kept.
final class DetachedRequests: Sendable {
    private let requests = Guarded<[ObjectIdentifier: any UnderWay]>([:])

    /// Shows it from now on; it has to be removed at its end.
    func insert(_ request: any UnderWay) { requests.withLock { $0[ObjectIdentifier(request)] = request } }

    /// Shows it from now on where the sink of its answer keeps that, so that no connection holds the request.
    func insert(_ request: any UnderWay, keptBy sink: ResponseSink) { if sink.isKept { insert(request) } }

    /// Shows it no longer.
    func remove(_ request: any UnderWay) { _ = requests.withLock { $0.removeValue(forKey: ObjectIdentifier(request)) } }

    /// Shows it no longer, where it was shown because of the sink.
    func remove(_ request: any UnderWay, keptBy sink: ResponseSink) { if sink.isKept { remove(request) } }

    /// All of them.
    var all: [any UnderWay] { requests.withLock { Array($0.values) } }
}

extension RPCRoute {
    /// What is shown of a call, a cast or a gathering.
    func account(_ target: Target) -> [(name: String, value: String)] {
        let server = isFanout ? "*" : server ?? "-"
        let members = [
            ("mode", "\"\(mode.rawValue)\""), ("topic", JSONText(string: topic).string),
            ("server", JSONText(string: server).string), ("method", JSONText(string: method).string),
        ]
        return members + (target.exchange.map { [("exchange", JSONText(string: $0).string)] } ?? [])
    }
}
