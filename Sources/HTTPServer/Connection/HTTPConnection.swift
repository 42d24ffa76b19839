// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc
internal import Logging
internal import Synchronization

/// One client connection and the request that is on it. Loop thread only.
final class HTTPConnection {
    let library: OpaquePointer
    let loop: ServerLoop
    /// What it came by.
    let listener: LoopListener
    /// Where its requests come from, but for the client's certificate.
    let client: Peer
    /// What tells clients apart who share the places.
    let network: String
    let descriptor: Int32
    /// When it was accepted, in milliseconds of the loop's clock.
    let opened: UInt64
    /// Where the loop keeps this connection.
    var position = 0
    /// When `expire` is called, in milliseconds of the loop's clock.
    var deadline: UInt64

    var stage = ConnectionStage.unused
    var head: RequestHead?
    var body: [UInt8] = []
    /// The target as it was sent.
    var target: [UInt8] = []
    var reader = RequestReader()
    /// What the library is told of the request.
    var libraryHead = LibraryHead()
    /// Dropped when the connection has been idle for a while.
    var buffers = RequestBuffers()
    var end = ConnectionEnd.usual
    /// Whether the library is told that there is something to read although the socket has nothing.
    var isToldReadable = false
    /// How far the client had come with an answer at the last look; nil before the first. On TCP what it had acknowledged, on
    /// a Unix socket what it had left in the kernel.
    var progress: UInt64?
    /// When a client of a Unix socket last took something of its answer, in milliseconds of the loop's clock.
    var tookSomething: UInt64 = 0
    /// What the application keeps with a request that waits.
    ///
    /// It leads back to this connection as a rule, so it goes with the answer, or with the connection.
    private(set) var attachment: (any RequestAttachment)?
    /// Whether the client is watched, in case it leaves.
    var isWatched = false
    /// What the connection's TLS is; nil where it speaks none.
    var session: TLSSession?
    /// What the connection is there for.
    var place: Place { didSet { loop.crowd.move(from: oldValue, to: place) } }

    init(library: OpaquePointer, loop: ServerLoop, listener: LoopListener, origin: ClientOrigin, place: Place) {
        self.library = library
        self.loop = loop
        self.listener = listener
        client = Peer(address: origin.address, entrance: loop.configuration.entrance)
        network = origin.network
        self.descriptor = cmicrohttpd_socket(library)
        opened = loop.now
        deadline = loop.now + loop.readMilliseconds
        self.place = place
        loop.crowd.move(from: nil, to: place)
    }

    var remoteAddress: String { client.address }

    /// One call of the library's access callback.
    ///
    /// - Parameter isFirst: whether it is the first for this request; the library closes the connection after an answer
    ///   that it gets in the first one.
    func advance(isFirst: Bool) -> MHD_Result {
        switch stage {
        case .waiting where isFirst, .refused where isFirst: return .YES
        case .waiting(let pending):
            guard let answer = pending.takeAnswer() else { return .NO }
            return queue(answer)
        case .refused(let refusal): return queue(refusal)
        case .replying, .streaming, .parked: return .YES
        case .unused, .idle, .receivingHead, .receivingBody, .droppingBody, .complete, .deserted: return .NO
        }
    }

    /// Keeps something with a request that waits; not with one whose client has gone, as nothing would let go of it.
    func attach(_ attachment: any RequestAttachment, to request: PendingRequest) {
        if case .waiting(let pending) = stage, pending === request { self.attachment = attachment }
    }

    /// Lets go of what is kept with the request.
    func detach() { attachment = nil }

    /// Hands a complete request to the handler.
    func handle() {
        guard !loop.isStopping, let head = head.take() else { return stage = .refused(failure(.shuttingDown)) }
        let request = HTTPRequest(head: consume head, body: takeBody())
        buffers.keep(request, target: exchange(&target, with: []))
        deadline = .max
        let pending = PendingRequest(connection: self, loop: loop)
        stage = .waiting(pending)
        loop.counters.requestsInFlight.add(1, ordering: .relaxed)
        loop.handler.handle(request, responder: Responder(pending: pending))
    }

    /// Has the library take an answer, or more of one that is streamed, in this turn.
    func answerIsThere() {
        switch stage {
        case .waiting: wakeLibrary()
        case .parked: MHD_resume_connection(library)
        default: break
        }
    }

    /// Has the library read the connection in this turn, whether or not the socket has something. Not to be called from
    /// within the library's callbacks.
    func wakeLibrary() {
        guard place != .closed, !stage.isSuspended else { return }
        loop.read(self)
    }

    /// Queues an answer at a moment when the library takes one.
    func queue(_ response: HTTPResponse) -> MHD_Result {
        var pending: PendingRequest?
        if case .waiting(let request) = stage {
            pending = request
            loop.counters.requestsInFlight.subtract(1, ordering: .relaxed)
            if isWatched { endWatch() }
        }
        stage = .replying
        attachment = nil
        deadline = loop.now + loop.stallMilliseconds
        progress = nil
        head = nil
        let closes = response.closesConnection || loop.closesAnswers || place != .ordinary
        let body =
            response.stream == nil
            ? LibraryResponse.body(response.body, keptBy: response.kept.map(AccompaniedBody.init) ?? pending)
            : LibraryStream.make(for: self)
        guard let handle = body else {
            response.stream?.end(.clientGone)
            return .NO
        }
        defer { MHD_destroy_response(handle) }
        if response.fields.hasLeftOut { loop.logger.debug("answer field left out, it is not sendable") }
        guard LibraryResponse.addFields(response.fields, closes: closes && !libraryHead.closes, to: handle) else {
            response.stream?.end(.clientGone)
            return .NO
        }
        let status = HeadRules.status(response.status)
        if let stream = response.stream { return begin(stream, handle, status: status) }
        return MHD_queue_response(library, UInt32(status), handle)
    }

    /// What was read of a request that is not complete, or of the next one, no longer counts; the connection has ended.
    func dropReceived() {
        takeBody()
        loop.counters.releaseBody(reader.unread.count)
        reader.unread = []
    }

    /// The body, whose bytes no longer count among those that are arriving.
    @discardableResult
    private func takeBody() -> [UInt8] {
        guard !body.isEmpty else { return [] }
        loop.counters.releaseBody(body.count)
        return exchange(&body, with: [])
    }

    /// - Parameter origin: that of the request, where its head was not accepted.
    func failure(_ reason: HTTPFailure.Reason, origin: [UInt8]? = nil) -> HTTPResponse {
        let failure = HTTPFailure(reason, origin: origin ?? head?.fields.origin)
        var response = loop.handler.response(to: failure)
        response.closesConnection = true
        return response
    }

    /// The answer has gone, or will never go.
    func completeRequest(isSent: Bool) {
        switch stage {
        case .waiting(let pending):
            loop.counters.requestsInFlight.subtract(1, ordering: .relaxed)
            if isWatched { endWatch() }
            if let stream = pending.takeAnswer()?.stream { stream.end(.clientGone) }
        case .streaming(let stream), .parked(let stream): endStream(stream, isSent: isSent)
        default: break
        }
        stage = .idle(nextPeerCheck: 0)
        // No event will report what has been read already.
        if reader.hasMore, end == .usual, !libraryHead.closes { loop.wakeLater(self) }
        head = nil
        takeBody()
        deadline = loop.now + loop.idleMilliseconds
    }
}
