// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// A request between the handler's call and its answer.
///
/// The phase decides every race between the loop thread and the thread that answers:
/// handling → suspended (the handler returned first) or handling → responded (it answered first); suspended → responded
/// wakes the loop.
final class PendingRequest: BodyOwner, @unchecked Sendable {
    // Sound: `answer` is written by the one thread that wins `claimed` and read by the loop only after it has seen the
    // phase `responded`, which is stored after the write with releasing order. The body, `isSuspended` and `departure` are
    // the loop's.
    // The rest is constant.
    enum Phase: UInt8, AtomicRepresentable {
        case handling
        case suspended
        case responded
    }

    let connection: OpaquePointer
    /// Whether the library leaves the connection alone until it is resumed. Loop thread only.
    private(set) var isSuspended = false
    /// What follows when the client goes before it has its answer. Loop thread only.
    var departure = Departure.nothing
    private let loop: any ResumeQueue
    private let claimed = Atomic<Bool>(false)
    private let phase = Atomic<Phase>(.handling)
    private var answer: HTTPResponse?

    init(connection: OpaquePointer, loop: any ResumeQueue) {
        self.connection = connection
        self.loop = loop
    }

    /// Gives the answer; an earlier one wins.
    func respond(_ response: consuming HTTPResponse) {
        guard !claimed.exchange(true, ordering: .acquiringAndReleasing) else {
            response.stream?.end(.refused)
            return
        }
        answer = response
        if phase.exchange(.responded, ordering: .acquiringAndReleasing) == .suspended { loop.resume(self) }
    }

    /// Takes the place of the answer, as nobody is there to get one; false when there is one. Loop thread only.
    func giveUp() -> Bool { !claimed.exchange(true, ordering: .acquiringAndReleasing) }

    /// Has the loop resume the connection, which waits for more of a streamed answer.
    func wake() { loop.resume(self) }

    /// The loop has ended without asking for the answer.
    func abandon() { takeAnswer()?.stream?.end(.shuttingDown) }

    /// Marks the request as waiting; false when the answer is there already. Loop thread only.
    func suspend() -> Bool {
        isSuspended =
            phase.compareExchange(expected: .handling, desired: .suspended, ordering: .acquiringAndReleasing).exchanged
        return isSuspended
    }

    /// The answer, once; nil before there is one. Loop thread only.
    func takeAnswer() -> HTTPResponse? {
        guard phase.load(ordering: .acquiring) == .responded else { return nil }
        return answer.take()
    }
}

/// Where answered requests wait for their loop.
protocol ResumeQueue: AnyObject, Sendable {
    /// Queues a suspended request that has its answer and wakes the loop; callable from any thread.
    func resume(_ pending: PendingRequest)
}
