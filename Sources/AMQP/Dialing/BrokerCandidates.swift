// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// The brokers that a connection may be made to, the preferred one first; they differ in host, port and login only.
///
/// The others are asked when the preferred one, at all its addresses, has not taken the login within a second.
public struct BrokerCandidates: Sendable {
    /// At least one.
    public let configurations: [ConnectionConfiguration]
    /// Told how it went with each broker that was asked, by its index: nil for the one connected to, the reason for one
    /// that failed or was too slow. Called on the connection's loop; must not block.
    public let didAsk: (@Sendable (_ index: Int, _ failure: AMQPError?) -> Void)?
    /// Told, again and again, of the broker connected to while it owes an answer and says nothing: whoever finds that
    /// it answers others tells the connection (`Connection.challenge`). Called on the connection's loop; must not
    /// block.
    public let isSilent: (@Sendable (ConnectionConfiguration) -> Void)?
    let resolver: HostAddresses.Resolver

    /// Names the brokers, at least one.
    public init(
        _ configurations: [ConnectionConfiguration],
        didAsk: (@Sendable (_ index: Int, _ failure: AMQPError?) -> Void)? = nil,
        isSilent: (@Sendable (ConnectionConfiguration) -> Void)? = nil
    ) {
        self.init(configurations, resolver: SocketAddress.all, didAsk: didAsk, isSilent: isSilent)
    }

    init(
        _ configurations: [ConnectionConfiguration],
        resolver: @escaping HostAddresses.Resolver,
        didAsk: (@Sendable (_ index: Int, _ failure: AMQPError?) -> Void)? = nil,
        isSilent: (@Sendable (ConnectionConfiguration) -> Void)? = nil
    ) {
        precondition(!configurations.isEmpty, "a connection needs a broker")
        self.configurations = configurations
        self.didAsk = didAsk
        self.isSilent = isSilent
        self.resolver = resolver
    }

    /// The one that is asked first.
    var preferred: ConnectionConfiguration { configurations[0] }
}

/// The attempts of one connection to reach a broker; touched by its loop only.
final class Dialing {
    let candidates: BrokerCandidates
    let addresses: [HostAddresses]
    let deadline: Moment
    let channelCount: Int
    var schedule: DialSchedule
    var dialers: [Int: Dialer] = [:]
    /// What the attempt at the preferred broker failed with, or else the last attempt.
    private(set) var failure: AMQPError?
    private var reported = Set<Int>()
    private var preferredFailed = false

    init(_ candidates: BrokerCandidates, deadline: Moment, channelCount: Int) {
        self.candidates = candidates
        self.deadline = deadline
        self.channelCount = channelCount
        addresses = candidates.configurations.map { _ in HostAddresses(resolver: candidates.resolver) }
        schedule = DialSchedule(hostCount: candidates.configurations.count)
    }

    func hasUntried(_ host: Int) -> Bool { addresses[host].hasUntried }

    /// An attempt at a host has failed.
    func note(_ error: AMQPError, _ host: Int) {
        if !preferredFailed { failure = error }
        preferredFailed = preferredFailed || host == 0
        if !hasUntried(host) { report(host, error) }
    }

    /// An attempt at a host has got through: the others were too slow.
    func won(_ host: Int) {
        reported.insert(host)
        candidates.didAsk?(host, nil)
        end()
    }

    /// Ends the attempts that still run.
    func end() {
        for host in schedule.running.values { report(host, AMQPError(.connectTimedOut, "the broker was too slow")) }
        for dialer in dialers.values { dialer.cancel() }
        dialers = [:]
    }

    private func report(_ host: Int, _ error: AMQPError) {
        guard reported.insert(host).inserted else { return }
        candidates.didAsk?(host, error)
    }
}
