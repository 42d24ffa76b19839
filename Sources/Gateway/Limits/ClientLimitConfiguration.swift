// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access

/// How much each client may ask for: each principal, or where nobody is known by name, each address. Nothing is limited by default.
public struct ClientLimitConfiguration: Sendable, Equatable {
    /// Requests a second in the long run; 0 for any number.
    public var rate = 0
    /// Requests at once after a pause; 0 for as many as in a second.
    public var burst = 0
    /// Requests under way at a time; 0 for any number.
    public var inFlight = 0
    /// Streams of notifications at a time; 0 for any number.
    public var streams = 0

    /// Makes a configuration without limits.
    public init() {}

    /// These with those of a principal's own in their place.
    func with(_ own: PrincipalLimits?) -> ClientLimitConfiguration {
        guard let own else { return self }
        var limits = self
        if let rate = own.rate { (limits.rate, limits.burst) = (rate, own.burst ?? 0) }
        if let inFlight = own.inFlight { limits.inFlight = inFlight }
        if let streams = own.streams { limits.streams = streams }
        return limits
    }

    /// Whether there is any limit of requests.
    var isOn: Bool { rate > 0 || inFlight > 0 }

    /// Requests at once; where there is a rate.
    var capacity: Int { burst > 0 ? burst : rate }

    /// The nanoseconds after which a request has been made up for; where there is a rate.
    var interval: Int64 { (1_000_000_000 + Int64(rate) - 1) / Int64(rate) }

    /// The nanoseconds after which a client that has used up everything may have all of it again; where there is a rate.
    var window: Int64 { interval * Int64(capacity) }
}
