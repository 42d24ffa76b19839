// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// A request between the handler's call and its answer.
///
/// The phase decides every race between the loop thread and the thread that answers:
/// handling → waiting (the handler returned first) or handling → responded (it answered first); waiting → responded wakes
/// the loop.
final class PendingRequest: BodyOwner, @unchecked Sendable {
    // Sound: `answer` is written by the one thread that wins `claimed` and read by the loop only after it has seen the
    // phase `responded`, which is stored after the write with releasing order. The body, `isWaiting`, `departure`, `additions`
    // and what `connection` leads to are the loop's. The rest is constant.
    enum Phase: UInt8, AtomicRepresentable {
        case handling
        case waiting
        case responded
    }

    /// Loop thread only; nil in tests.
    let connection: HTTPConnection?
    /// Whether the handler has returned without an answer. Loop thread only.
    private(set) var isWaiting = false
    /// What happens when the client leaves before it has its answer. Loop thread only.
    var departure = Departure.nothing
    /// Fields that the answer has besides its own. Loop thread only.
    var additions = ResponseFields()
    private let loop: any ResumeQueue
    private let claimed = Atomic<Bool>(false)
    private let phase = Atomic<Phase>(.handling)
    private var answer: HTTPResponse?

    init(connection: HTTPConnection?, loop: any ResumeQueue) {
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
        if phase.exchange(.responded, ordering: .acquiringAndReleasing) == .waiting { loop.resume(self) }
    }

    /// Takes the place of the answer, as nobody is left to get one; false when there is one already. Loop thread only.
    func giveUp() -> Bool { !claimed.exchange(true, ordering: .acquiringAndReleasing) }

    /// Has the loop go on with the connection, which waits for more of a streamed answer.
    func wake() { loop.resume(self) }

    /// Nobody asks for the answer any more.
    func abandon(_ reason: ResponseStream.End) { takeAnswer()?.stream?.end(reason) }

    /// Marks the request as waiting; false when the answer is there already. Loop thread only.
    func wait() -> Bool {
        let result = phase.compareExchange(
            expected: .handling,
            desired: .waiting,
            ordering: .acquiringAndReleasing
        )
        isWaiting = result.original != .responded
        return isWaiting
    }

    /// The answer, once; nil before there is one. Loop thread only.
    func takeAnswer() -> HTTPResponse? {
        guard phase.load(ordering: .acquiring) == .responded else { return nil }
        if additions.count > 0 { answer?.fields += additions }
        return answer.take()
    }
}

/// Where answered requests wait for their loop.
protocol ResumeQueue: AnyObject, Sendable {
    /// Queues a waiting request that has its answer and wakes the loop; callable from any thread.
    func resume(_ pending: PendingRequest)
}
