// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

/// Where an issuer shows its keys.
public struct KeyAddress: Sendable, Hashable {
    /// An address of the web, which whoever fetches has found to be one.
    public let url: String
    /// The file of the authorities of its certificate, as it is written in the file of issuers; nil for the system's.
    public let authorities: String?
    let refresh: Duration
    let keep: Duration
}

/// What gets keys, and is told what came of it.
public struct KeyFetching: Sendable {
    /// What can be said of a fetch.
    public enum Event: Sendable, Equatable {
        /// Other keys than before, with what is wrong with those that are left out.
        case changed(count: Int, defects: [String])
        case failed(String)
        /// No fetch has gone well for so long that the last keys are not taken any more.
        case over
    }

    /// Whether a text is an address that can be fetched; what it has to be otherwise.
    let isAddress: @Sendable (String) -> Bool
    let allowed: String
    /// Gets the bytes behind an address, on a thread of its own; the completion is called once, on any thread.
    let fetch: @Sendable (KeyAddress, @escaping @Sendable (Result<[UInt8], IssuerFileRefusal>) -> Void) -> Void
    let tell: @Sendable (KeyAddress, Event) -> Void

    /// Takes what does it.
    public init(
        allowed: String,
        isAddress: @escaping @Sendable (String) -> Bool,
        fetch:
            @escaping @Sendable (KeyAddress, @escaping @Sendable (Result<[UInt8], IssuerFileRefusal>) -> Void) -> Void,
        tell: @escaping @Sendable (KeyAddress, Event) -> Void
    ) {
        self.allowed = allowed
        self.isAddress = isAddress
        self.fetch = fetch
        self.tell = tell
    }
}

/// The keys of an issuer: those of a file, or those that its address has shown last.
public final class IssuerKeys: Sendable {
    /// Where they come from; nil for a file.
    public let address: KeyAddress?
    private let fetching: KeyFetching?

    private struct State: Sendable {
        var set: KeySet?
        var digest: KeyDigest?
        var schedule: FetchSchedule
        var failed = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let state: Guarded<State>
    /// How many may wait for one fetch.
    public static let mostWaiting = 4_096

    /// Those of a file.
    init(_ set: KeySet) {
        (address, fetching) = (nil, nil)
        state = Guarded(State(set: set, schedule: FetchSchedule(refresh: .zero, keep: .zero)))
    }

    /// Those behind an address, of which none are known yet.
    init(_ address: KeyAddress, _ fetching: KeyFetching) {
        (self.address, self.fetching) = (address, fetching)
        state = Guarded(State(schedule: FetchSchedule(refresh: address.refresh, keep: address.keep)))
    }

    /// The keys in force; nil where none are known.
    var current: KeySet? { state.withLock { $0.set } }

    /// The time since the fetch that brought the keys; nil before the first one, and for those of a file.
    public func age(at now: Moment) -> Duration? {
        state.withLock { state in state.schedule.lastSuccess.map { $0.duration(to: now) } }
    }

    /// How many fetches have failed.
    public var failedFetches: Int { state.withLock { $0.failed } }

    /// Whether the last fetch failed, or none has ended yet.
    var isAway: Bool { state.withLock { $0.schedule.failures > 0 || $0.schedule.lastSuccess == nil } }

    /// Gets the keys if it is time to; to be called about twice a second.
    func refresh(at now: Moment) {
        guard address != nil else { return }
        let (begins, isOver) = state.withLock { state in
            let isOver = state.set != nil && state.schedule.isOver(now)
            if isOver { (state.set, state.digest) = (nil, nil) }
            guard state.schedule.isDue(now) else { return (false, isOver) }
            state.schedule.begin(now)
            return (true, isOver)
        }
        if isOver, let address { fetching?.tell(address, .over) }
        if begins { begin() }
    }

    /// Has something done when a fetch has ended, which begins unless one is under way.
    ///
    /// - Returns: false where there may be none now; it is not done then.
    public func whenFetched(at now: Moment, _ action: @escaping @Sendable () -> Void) -> Bool {
        guard address != nil else { return false }
        let (waits, begins) = state.withLock { state in
            guard state.waiting.count < Self.mostWaiting else { return (false, false) }
            let begins = state.schedule.ask(now)
            guard begins || state.schedule.isUnderWay else { return (false, false) }
            state.waiting.append(action)
            return (true, begins)
        }
        if begins { begin() }
        return waits
    }

    /// Has a fetch made for a key that is not known, where there may be one now; nobody waits for it.
    public func fetchIfUnknown(at now: Moment) {
        guard address != nil, state.withLock({ $0.schedule.ask(now) }) else { return }
        begin()
    }

    private func begin() {
        guard let address, let fetching else { return }
        fetching.fetch(address) { [self] result in
            let event: KeyFetching.Event?
            switch result {
            case .success(let bytes): event = take(bytes)
            case .failure(let refusal): event = .failed(refusal.reason)
            }
            let waiting = state.withLock { state in
                if case .failed? = event { state.failed += 1 }
                state.schedule.end(.now, succeeded: !isFailure(event))
                defer { state.waiting = [] }
                return state.waiting
            }
            if let event { fetching.tell(address, event) }
            for action in waiting { action() }
        }
    }

    private func isFailure(_ event: KeyFetching.Event?) -> Bool {
        if case .failed? = event { true } else { false }
    }

    /// Puts what was got in force; what is as before stays, with all that it has proved.
    private func take(_ bytes: [UInt8]) -> KeyFetching.Event? {
        let digest = KeyDigest(of: bytes[...])
        guard state.withLock({ $0.digest != digest }) else { return nil }
        do throws(KeySet.Refusal) {
            let set = try KeySet(json: bytes, .publicKeys)
            state.withLock { ($0.set, $0.digest) = (set, digest) }
            return .changed(count: set.keys.count, defects: set.defects)
        } catch {
            return .failed("what is there \(error.reason)")
        }
    }
}
