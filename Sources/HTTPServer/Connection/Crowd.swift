// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What a loop does with the next connection when the ordinary places are taken; a value without the connections.
struct Crowd {
    enum Step: Equatable {
        /// Accept it as any other.
        case serve
        /// Close an idle connection and accept the new one in its place; with none that is idle, accept it for urgent
        /// requests.
        case replaceIdle
        /// Close a connection that is there for urgent requests and has none, and look again; if there is no such
        /// connection, refuse.
        case replaceUrgent
        /// Look again when the connections that are being closed have gone.
        case wait
    }

    let urgentPlaces: Int
    /// Connections that were accepted for urgent requests.
    private(set) var urgent = 0
    /// Connections that are being closed to make room and still have their descriptors.
    private(set) var leaving = 0

    init(urgentPlaces: Int) { self.urgentPlaces = urgentPlaces }

    /// - Parameter isCrowded: whether the ordinary places of all loops are taken.
    func step(isCrowded: Bool) -> Step {
        guard isCrowded else { return .serve }
        // A connection that replaces another has its descriptor before the other has lost its own.
        guard urgent + leaving >= urgentPlaces else { return .replaceIdle }
        return leaving > 0 ? .wait : .replaceUrgent
    }

    /// A connection has got its first place (from none), or another one.
    mutating func move(from old: Place?, to new: Place) {
        count(old, -1)
        count(new, 1)
    }

    private mutating func count(_ place: Place?, _ number: Int) {
        switch place {
        case .urgent: urgent += number
        case .leaving: leaving += number
        case .ordinary, .closed, nil: break
        }
    }
}

/// What a connection is there for.
enum Place {
    /// Any request.
    case ordinary
    /// Urgent requests, as the ordinary places were taken when it came; it is closed after its answer.
    case urgent
    /// None: it is being closed to make room.
    case leaving
    /// None, and its descriptor may be another's.
    case closed
}
