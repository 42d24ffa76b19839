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
    let remoteAddress: String
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
    /// Dropped when the connection has been idle for a while.
    var buffers = RequestBuffers()
    var end = ConnectionEnd.open
    /// What the connection is there for.
    var place: Place { didSet { loop.crowd.move(from: oldValue, to: place) } }

    init(library: OpaquePointer, loop: ServerLoop, accepted: (address: String, place: Place)?) {
        self.library = library
        self.loop = loop
        self.remoteAddress = accepted?.address ?? ""
        self.descriptor = cmicrohttpd_socket(library)
        opened = loop.now
        deadline = loop.now + loop.readMilliseconds
        place = accepted?.place ?? .ordinary
        loop.crowd.move(from: nil, to: place)
    }

    /// Copies the target before the library takes it apart in place.
    func receiveTarget(_ text: UnsafePointer<CChar>) {
        let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
        target = buffers.takeTarget(bytes)
        // Without this the library splits the query into records in the connection's memory, where a hundred short
        // parameters fill it. The text is in that memory, writable, and ours is the copy that counts.
        if let mark = bytes.firstIndex(of: UInt8(ascii: "?")) { UnsafeMutablePointer(mutating: text)[mark + 1] = 0 }
        // The deadline of the first request runs from the accept.
        if case .idle = stage { deadline = loop.now + loop.readMilliseconds }
        stage = .receivingHead(target: UnsafeRawPointer(text))
        end.receiveRequestLine()
    }

    /// One call of the library's access callback.
    func advance(
        method: UnsafePointer<CChar>,
        version: UnsafePointer<CChar>,
        data: UnsafePointer<CChar>?,
        size: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        switch stage {
        case .receivingHead: return receiveHead(method: method, version: version)
        case .receivingBody(let isChunked, let isHead):
            guard size.pointee > 0 else { return handle(isHead: isHead) }
            return receiveBody(data, size, isChunked: isChunked)
        case .droppingBody(let refusal, _) where size.pointee == 0: return queue(refusal)
        case .waiting(let pending): return answer(pending)
        case .droppingBody, .replying, .streaming, .parked:
            size.pointee = 0
            return .YES
        case .unused, .idle: return .NO
        }
    }

    private func receiveBody(
        _ data: UnsafePointer<CChar>?,
        _ size: UnsafeMutablePointer<Int>,
        isChunked: Bool
    ) -> MHD_Result {
        guard size.pointee <= loop.configuration.maximumBodyBytes - body.count else {
            return refuseWhileReading(.bodyTooLarge)
        }
        guard loop.counters.holdBody(size.pointee, limit: loop.configuration.maximumArrivingBodyBytes) else {
            return refuseWhileReading(.tooManyBodies)
        }
        if isChunked, let data, followsBareLineFeed(data) { return refuseWhileReading(.malformedChunk) }
        body.append(contentsOf: UnsafeRawBufferPointer(start: data, count: size.pointee))
        size.pointee = 0
        return .YES
    }

    /// Whether a chunk's size line that ends in a bare LF stands before this data.
    ///
    /// In bounds: the head lies before the body in the same memory. A piece of a chunk that is not at the chunk's start is
    /// at the start of the library's buffer and follows the head's end, a NUL. A size line that was received alone, and
    /// the line end behind a chunk, are not seen here: there the library's tolerance of a bare LF stays.
    private func followsBareLineFeed(_ data: UnsafePointer<CChar>) -> Bool {
        data[-1] == CChar(UInt8(ascii: "\n")) && data[-2] != CChar(UInt8(ascii: "\r"))
    }

    /// Answers where the library takes no answer, and has it close the connection.
    private func refuseWhileReading(_ reason: HTTPFailure.Reason) -> MHD_Result {
        answerDirectly(HTTPFailure(reason))
        return .NO
    }

    /// Hands the request to the handler, and waits unless the answer is there when it returns.
    private func handle(isHead: Bool) -> MHD_Result {
        guard !loop.isStopping, let head = head.take() else { return queue(failure(.shuttingDown)) }
        let request = HTTPRequest(head: head, body: takeBody())
        buffers.keep(request, target: exchange(&target, with: []))
        deadline = .max
        let pending = PendingRequest(connection: library, isHead: isHead, loop: loop)
        stage = .waiting(pending)
        loop.counters.requestsInFlight.add(1, ordering: .relaxed)
        loop.handler.handle(request, responder: Responder(pending: pending))
        return answer(pending)
    }

    private func answer(_ pending: PendingRequest) -> MHD_Result {
        if pending.suspend() {
            MHD_suspend_connection(library)
            return .YES
        }
        guard let response = pending.takeAnswer() else {
            // Resumed without an answer, which only a stopping loop does.
            return queue(failure(.internalError))
        }
        return queue(response)
    }

    /// Queues an answer at a moment when the library takes one.
    func queue(_ response: HTTPResponse) -> MHD_Result {
        var pending: PendingRequest?
        if case .waiting(let request) = stage {
            pending = request
            loop.counters.requestsInFlight.subtract(1, ordering: .relaxed)
        }
        stage = .replying
        deadline = .max
        head = nil
        let closes = response.closesConnection || loop.isDraining || place != .ordinary
        if closes { end.willClose() }
        let body =
            response.stream == nil
            ? LibraryResponse.body(response.body, keptBy: pending) : LibraryStream.make(for: self)
        guard let handle = body else {
            response.stream?.end(.clientGone)
            return .NO
        }
        defer { MHD_destroy_response(handle) }
        if response.fields.hasLeftOut { loop.logger.debug("answer field left out, it is not sendable") }
        guard LibraryResponse.addFields(response.fields, closes: closes, to: handle) else {
            response.stream?.end(.clientGone)
            return .NO
        }
        let status = HeadRules.status(response.status)
        if let stream = response.stream { return begin(stream, handle, status: status) }
        return LibraryResponse.queue(handle, on: library, status: status)
    }

    /// The body, whose bytes no longer count among those that are arriving.
    @discardableResult
    private func takeBody() -> [UInt8] {
        guard !body.isEmpty else { return [] }
        loop.counters.releaseBody(body.count)
        return exchange(&body, with: [])
    }

    func failure(_ reason: HTTPFailure.Reason) -> HTTPResponse {
        var response = loop.handler.response(to: HTTPFailure(reason))
        response.closesConnection = true
        return response
    }

    /// The answer has gone, or will never go.
    func completeRequest(isSent: Bool) {
        switch stage {
        case .waiting(let pending):
            loop.counters.requestsInFlight.subtract(1, ordering: .relaxed)
            if let response = pending.takeAnswer() { answerEndedPeer(response) }
        case .streaming(let stream), .parked(let stream): endStream(stream, isSent: isSent)
        default: break
        }
        stage = .idle(nextPeerCheck: 0)
        head = nil
        takeBody()
        deadline = loop.now + loop.idleMilliseconds
        if loop.isDraining { closeIfIdle() }
    }
}
