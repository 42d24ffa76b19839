// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Names
internal import Threads

/// Decides on which channel of a connection a message is published, and when; a value without I/O.
///
/// The broker closes a channel over a message that it refuses, and with it everything else on that channel is lost or
/// in doubt. So each channel carries the messages of one route only, and more than one at a time only when the route is
/// proven: when a message of it has been taken on this channel before. A message that may be refused for itself,
/// because none as large has been taken on this connection yet or because its properties are a caller's, has a channel
/// to itself. A failure then concerns one message alone, and is known exactly.
///
/// Some channels are home to one route each, among them the routes of the control exchange and of the default exchange,
/// so that nobody else's messages can keep theirs waiting. The others are guests' channels: a route has one for as long
/// as it is busy, and gives it up, after a bounded turn, to those that wait, in the order in which they came.
struct ChannelAllocator<Item> {
    /// What has to be known about a message.
    struct Load {
        var route: PublishRoute
        /// The size of its body.
        var bytes: Int
        /// Whether its properties are the driver's, which the broker is known to take.
        var isOwnForm: Bool
    }

    /// What becomes of a message that is new.
    enum Admission: Equatable {
        case send(Ticket)
        /// It waits, and is given out later.
        case wait
        case refuse(Refusal)
    }

    enum Refusal: Equatable {
        /// The broker refused one of this size or less lately.
        case tooLarge(limit: Int)
        /// Too many wait for a channel.
        case full
    }

    /// The place of a message on a channel; given back by `settle`.
    struct Ticket: Equatable {
        /// The channel's number.
        var channel: Int
        var bytes: Int
        /// Whether nothing else is on the channel.
        var isAlone: Bool
        /// Whether the channel is home to the route, and to no other.
        var isHome: Bool
        /// Whether it has to prove the route on this channel.
        var isTrial: Bool
    }

    struct Dispatch {
        var item: Item
        var ticket: Ticket
    }

    /// What the end of a message says about its route.
    enum Verdict: Equatable {
        /// The broker has taken it, or returned or nacked it: it has read all of it.
        case taken
        /// The broker has refused it, or the channel was lost under it.
        case refused
        /// The broker has refused it for its size.
        case tooLarge
        /// It never got to the broker, or nothing is known.
        case nothing
    }

    struct Limits {
        /// Messages that wait for a channel, and their bytes.
        var waiting = 10_000
        var waitingBytes = 64 << 20
        /// How many messages a route may send in one turn on a guests' channel while others wait for one.
        var turn = 64
        /// How long a size that was refused is refused without asking the broker.
        var sizeLifetime = Duration.seconds(60)
    }

    private struct Entry {
        var item: Item
        var load: Load
    }

    private struct Lane {
        var route: PublishRoute?
        var isHome = false
        var isProven = false
        var isAlone = false
        var inFlight = 0
        /// What was sent since the route got the channel, or since nobody waited for one.
        var sentInTurn = 0
        /// When it was last used, on a clock that counts messages.
        var lastUse: UInt64 = 0
        var queue = Deque<Entry>()
    }

    private enum Candidate {
        case route(PublishRoute)
        case alone(Entry)
    }

    private let limits: Limits
    private var lanes: [Lane] = []
    private var guests: [PublishRoute: Int] = [:]
    /// Those that wait for a guests' channel: routes, and messages that need one to themselves.
    private var candidates = Deque<Candidate>()
    private var waiting: [PublishRoute: Deque<Entry>] = [:]
    private var uses: UInt64 = 0
    /// The largest body that was taken on this connection.
    private(set) var provenBytes = -1
    private var refusedBytes: (limit: Int, until: Moment)?
    /// Messages that wait, and their bytes.
    private(set) var waitingCount = 0
    private(set) var waitingBytes = 0

    /// Makes an allocator for so many channels; if they are few, no route has a home.
    init(channels: Int, homes: [PublishRoute], limits: Limits = Limits()) {
        self.limits = limits
        lanes = (0..<max(1, channels)).map { _ in Lane() }
        guard channels > homes.count else { return }
        for (index, route) in homes.enumerated() {
            lanes[index].route = route
            lanes[index].isHome = true
        }
    }

    /// Takes a message.
    mutating func admit(_ item: Item, _ load: Load, now: Moment) -> Admission {
        if let refusal = refusal(load, now) { return .refuse(refusal) }
        let entry = Entry(item: item, load: load)
        if mustBeAlone(load) {
            guard candidates.isEmpty, let lane = idleGuest else { return wait(entry, .alone(entry)) }
            return .send(give(lane, toLoner: entry))
        }
        if let lane = lane(of: load.route) {
            guard lanes[lane].queue.isEmpty, takesNow(lane) else {
                hold(entry)
                lanes[lane].queue.append(entry)
                return .wait
            }
            return .send(ticket(entry, on: lane))
        }
        if candidates.isEmpty, let lane = idleGuest {
            bind(lane, to: load.route)
            return .send(ticket(entry, on: lane))
        }
        return wait(entry, waiting[load.route] == nil ? .route(load.route) : nil)
    }

    /// A message has ended; returns those that may be sent as a consequence.
    mutating func settle(_ ticket: Ticket, _ verdict: Verdict, now: Moment) -> [Dispatch] {
        let lane = ticket.channel - 1
        lanes[lane].inFlight -= 1
        learn(ticket, verdict, now)
        if lanes[lane].isAlone { (lanes[lane].isAlone, lanes[lane].route) = (false, nil) }
        // Nearly always nobody waits.
        guard waitingCount > 0 else { return [] }
        var dispatches: [Dispatch] = []
        pump(lane, &dispatches)
        serveCandidates(&dispatches)
        return dispatches
    }

    private mutating func learn(_ ticket: Ticket, _ verdict: Verdict, _ now: Moment) {
        let lane = ticket.channel - 1
        switch verdict {
        case .taken:
            provenBytes = max(provenBytes, ticket.bytes)
            if !ticket.isAlone { lanes[lane].isProven = true }
        case .refused:
            lanes[lane].isProven = false
            // It may have been refused for its size, which is certain only where it was alone.
            if !ticket.isAlone { provenBytes = -1 }
        case .tooLarge:
            lanes[lane].isProven = false
            let limit = min(ticket.bytes, refusedBytes?.limit ?? ticket.bytes)
            refusedBytes = (limit, now + limits.sizeLifetime)
            // The limit was lowered: every size has to be proven again.
            if provenBytes >= limit { provenBytes = -1 }
        case .nothing: break
        }
    }

    private mutating func refusal(_ load: Load, _ now: Moment) -> Refusal? {
        if let refused = refusedBytes {
            if refused.until <= now {
                refusedBytes = nil
            } else if load.bytes >= refused.limit {
                return .tooLarge(limit: refused.limit)
            }
        }
        let isFull = waitingCount >= limits.waiting || waitingBytes + load.bytes > limits.waitingBytes
        return isFull ? .full : nil
    }

    private func mustBeAlone(_ load: Load) -> Bool { !load.isOwnForm || load.bytes > provenBytes }
}

// MARK: Channels

extension ChannelAllocator {
    private func lane(of route: PublishRoute) -> Int? {
        for index in lanes.indices {
            guard lanes[index].isHome else { break }
            if lanes[index].route == route { return index }
        }
        return guests.isEmpty ? nil : guests[route]
    }

    /// Whether one more message of the channel's route may be sent now.
    private func takesNow(_ lane: Int) -> Bool {
        guard lanes[lane].isProven else { return lanes[lane].inFlight == 0 }
        return lanes[lane].isHome || candidates.isEmpty || lanes[lane].sentInTurn < limits.turn
    }

    /// The guests' channel that has been idle for longest.
    private var idleGuest: Int? {
        var found: Int?
        for index in lanes.indices where !lanes[index].isHome && lanes[index].inFlight == 0 {
            guard lanes[index].queue.isEmpty else { continue }
            if lanes[index].route == nil { return index }
            if found.map({ lanes[index].lastUse < lanes[$0].lastUse }) ?? true { found = index }
        }
        return found
    }

    private mutating func release(_ lane: Int) {
        if let route = lanes[lane].route, !lanes[lane].isAlone { guests[route] = nil }
        (lanes[lane].route, lanes[lane].isProven, lanes[lane].sentInTurn) = (nil, false, 0)
    }

    private mutating func bind(_ lane: Int, to route: PublishRoute) {
        release(lane)
        lanes[lane].route = route
        guests[route] = lane
    }

    private mutating func give(_ lane: Int, toLoner entry: Entry) -> Ticket {
        release(lane)
        lanes[lane].route = entry.load.route
        lanes[lane].isAlone = true
        return ticket(entry, on: lane)
    }

    private mutating func ticket(_ entry: Entry, on lane: Int) -> Ticket {
        uses += 1
        if candidates.isEmpty { lanes[lane].sentInTurn = 0 }
        lanes[lane].inFlight += 1
        lanes[lane].sentInTurn += 1
        lanes[lane].lastUse = uses
        return Ticket(
            channel: lane + 1,
            bytes: entry.load.bytes,
            isAlone: lanes[lane].isAlone,
            isHome: lanes[lane].isHome,
            isTrial: !lanes[lane].isProven
        )
    }
}

// MARK: Waiting

extension ChannelAllocator {
    private mutating func hold(_ entry: Entry) {
        waitingCount += 1
        waitingBytes += entry.load.bytes
    }

    private mutating func letGo(_ entry: Entry) {
        waitingCount -= 1
        waitingBytes -= entry.load.bytes
    }

    private mutating func wait(_ entry: Entry, _ candidate: Candidate?) -> Admission {
        hold(entry)
        if let candidate { candidates.append(candidate) }
        if case .alone? = candidate { return .wait }
        waiting[entry.load.route, default: []].append(entry)
        return .wait
    }

    /// Sends what waits for a channel of its route, as far as it may.
    private mutating func pump(_ lane: Int, _ dispatches: inout [Dispatch]) {
        while !lanes[lane].queue.isEmpty, takesNow(lane) {
            let entry = lanes[lane].queue.removeFirst()
            letGo(entry)
            dispatches.append(Dispatch(item: entry.item, ticket: ticket(entry, on: lane)))
        }
        guard !lanes[lane].isHome, lanes[lane].inFlight == 0, !candidates.isEmpty, let route = lanes[lane].route else {
            return
        }
        // Its turn is over: what is left waits for the next one, behind those that wait already.
        let rest = lanes[lane].queue
        lanes[lane].queue = []
        release(lane)
        guard !rest.isEmpty else { return }
        waiting[route] = rest
        candidates.append(.route(route))
    }

    private mutating func serveCandidates(_ dispatches: inout [Dispatch]) {
        while !candidates.isEmpty {
            if case .alone(let entry)? = candidates.first, !mustBeAlone(entry.load) {
                candidates.removeFirst()
                rejoin(entry, &dispatches)
                continue
            }
            guard let lane = idleGuest else { return }
            switch candidates.removeFirst() {
            case .alone(let entry):
                letGo(entry)
                dispatches.append(Dispatch(item: entry.item, ticket: give(lane, toLoner: entry)))
            case .route(let route):
                bind(lane, to: route)
                lanes[lane].queue = waiting.removeValue(forKey: route) ?? []
                pump(lane, &dispatches)
            }
        }
    }

    /// A message that had to be alone no longer has to: it goes with the others of its route.
    private mutating func rejoin(_ entry: Entry, _ dispatches: inout [Dispatch]) {
        if let lane = lane(of: entry.load.route) {
            lanes[lane].queue.append(entry)
            pump(lane, &dispatches)
        } else if waiting[entry.load.route] != nil {
            waiting[entry.load.route]?.append(entry)
        } else {
            waiting[entry.load.route] = [entry]
            candidates.append(.route(entry.load.route))
        }
    }

    /// Removes everything that waits, as the connection is gone.
    mutating func removeAll() -> [Item] {
        var items = lanes.flatMap { $0.queue.map(\.item) } + waiting.values.flatMap { $0.map(\.item) }
        for case .alone(let entry) in candidates { items.append(entry.item) }
        for lane in lanes.indices { lanes[lane].queue = [] }
        (waiting, candidates, waitingCount, waitingBytes) = ([:], [], 0, 0)
        return items
    }
}
