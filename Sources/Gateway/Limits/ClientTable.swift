// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// What clients have used up of their limits, as a value of bounded size.
///
/// A client's account is a token bucket, kept as the moment at which it is full again, and the number of the client's requests under
/// way. A full bucket with nothing under way says nothing, and its place is the next client's.
///
/// A client has its account in one of eight places, which its number names. While all of these say something, further clients
/// share one more account, and with it one limit: so no number of clients makes the table grow, and none loses what it has used
/// up by the arrival of others.
struct ClientTable: Sendable {
    private struct Account {
        var client = 0
        var fullAt = Int64.min
        var inFlight = 0

        func saysNothing(_ now: Int64) -> Bool { inFlight == 0 && fullAt <= now }
    }

    /// What a client has been given.
    struct Grant: Sendable, Equatable {
        /// Where the request is counted that is under way.
        var account: Int
        /// How many more requests the client may begin now; nil without a rate.
        var remaining: Int?
        /// The nanoseconds until it has used up nothing.
        var untilFull: Int64
    }

    /// Why a client is given nothing.
    enum Refusal: Error, Equatable {
        /// It has sent too many requests, and may send the next one after so many nanoseconds.
        case rate(wait: Int64)
        /// As many of its requests are under way as may be.
        case inFlight
    }

    private static let places = 8
    private let sets: Int
    /// Empty before the first request, so that a table that is not needed takes no memory.
    private var accounts: [Account] = []

    /// - Parameter sets: A power of two; an eighth of the clients that have accounts of their own at the most.
    init(sets: Int) { self.sets = sets }

    /// Whether a client may begin a request now; takes nothing.
    func refusal(of client: Int, _ limits: ClientLimitConfiguration, now: Moment) -> Refusal? {
        guard !accounts.isEmpty else { return nil }
        let place = place(of: client, now.nanoseconds)
        let account = account(of: client, at: place, now.nanoseconds)
        return Self.refusal(account, limits, stays: true, now.nanoseconds)
    }

    /// Counts a request in, if the client may begin one now.
    ///
    /// - Parameters:
    ///   - client: A number that tells clients apart and that nobody can choose.
    ///   - stays: whether it is under way from now on, until `end`; only then there has to be a place for it.
    mutating func begin(
        _ client: Int,
        _ limits: ClientLimitConfiguration,
        stays: Bool,
        now: Moment
    ) throws(Refusal) -> Grant {
        if accounts.isEmpty { accounts = Array(repeating: Account(), count: sets * (Self.places + 1)) }
        let (now, place) = (now.nanoseconds, place(of: client, now.nanoseconds))
        var account = account(of: client, at: place, now)
        if limits.rate > 0 { account.fullAt = Self.fullAt(account, limits, now) }
        if let refusal = Self.refusal(account, limits, stays: stays, now) {
            // What the bucket held before the limits were changed may be more than it ever holds now.
            if !accounts[place].saysNothing(now) { accounts[place].fullAt = account.fullAt }
            throw refusal
        }
        if limits.rate > 0 { account.fullAt += limits.interval }
        if stays { account.inFlight += 1 }
        accounts[place] = account
        guard limits.rate > 0 else { return Grant(account: place, remaining: nil, untilFull: 0) }
        let untilFull = account.fullAt - now
        let remaining = Int((limits.window - untilFull) / limits.interval)
        return Grant(account: place, remaining: remaining, untilFull: untilFull)
    }

    /// Counts a request out that is no longer under way.
    mutating func end(_ grant: Grant) { accounts[grant.account].inFlight -= 1 }

    private static func refusal(
        _ account: Account,
        _ limits: ClientLimitConfiguration,
        stays: Bool,
        _ now: Int64
    ) -> Refusal? {
        if stays, limits.inFlight > 0, account.inFlight >= limits.inFlight { return .inFlight }
        guard limits.rate > 0 else { return nil }
        let wait = fullAt(account, limits, now) + limits.interval - now - limits.window
        return wait > 0 ? .rate(wait: wait) : nil
    }

    /// When the bucket is full again; soon enough also where it was larger before the limits were changed.
    private static func fullAt(_ account: Account, _ limits: ClientLimitConfiguration, _ now: Int64) -> Int64 {
        min(max(account.fullAt, now), now + limits.window)
    }

    /// The place of a client's account: where it is, or may be, or the shared one of its set.
    private func place(of client: Int, _ now: Int64) -> Int {
        let first = (client & (sets - 1)) * (Self.places + 1)
        let shared = first + Self.places
        var free: Int?
        for place in first..<shared {
            if accounts[place].saysNothing(now) {
                if free == nil { free = place }
            } else if accounts[place].client == client {
                return place
            }
        }
        // What is under way in the shared account may be this client's, and is not to be forgotten.
        guard let free, accounts[shared].inFlight == 0 else { return shared }
        return free
    }

    /// The account as it is for a client who has it at this place.
    private func account(of client: Int, at place: Int, _ now: Int64) -> Account {
        var account = accounts[place]
        guard account.saysNothing(now) else { return account }
        account.client = client
        // What was used up in the shared account may have been this client's.
        let shared = place - place % (Self.places + 1) + Self.places
        account.fullAt = accounts[shared].fullAt
        return account
    }
}
