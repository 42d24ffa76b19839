// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The limits of a principal's own, each in place of the one that all principals have; nil for the one of all.
public struct PrincipalLimits: Sendable, Equatable {
    /// Requests a second in the long run.
    public private(set) var rate: Int?
    /// Requests at once after a pause; nil for as many as in a second, where there is a rate.
    public private(set) var burst: Int?
    /// Requests under way at a time.
    public private(set) var inFlight: Int?
    /// Streams of notifications at a time.
    public private(set) var streams: Int?
    /// The bytes of a body, once it is decoded.
    public private(set) var bodyBytes: Int?
    /// The seconds that a request may take.
    public private(set) var longestTimeout: Int?

    /// How they are written.
    static let allowed = """
        rate:REQUESTS (a second), burst:REQUESTS (at once), inFlight:REQUESTS, streams:STREAMS, body:BYTES or timeout:SECONDS, such as rate:100
        """

    init() {}

    /// Adds a limit as it is written; false for another text, and for one that stands twice.
    mutating func add(_ text: String) -> Bool {
        AccessRights.add(text, "rate:", 1...1_000_000, to: &rate)
            || AccessRights.add(text, "burst:", 1...1_000_000, to: &burst)
            || AccessRights.add(text, "inFlight:", 1...1_000_000, to: &inFlight)
            || AccessRights.add(text, "streams:", 1...100_000, to: &streams)
            || AccessRights.add(text, "body:", 0...536_870_912, to: &bodyBytes)
            || AccessRights.add(text, "timeout:", 1...86_400, to: &longestTimeout)
    }
}
