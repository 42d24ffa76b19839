// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Threads

/// Answers by path: `/echo` at once, `/later` from another thread, `/never` not at all, `/told` and `/acted` neither, `/twice` twice, `/stream` bit by
/// bit, `/kept` with a long body and something to keep.
final class TestHandler: HTTPRequestHandler {
    let held = Guarded<[Responder]>([])
    let heads = Guarded<[RequestHead]>([])
    let bodies = Guarded<[[UInt8]]>([])
    let streams = Guarded<[ResponseStream]>([])
    let ends = Guarded<[ResponseStream.End]>([])
    /// What became of clients that went, as their requests had it.
    let departures = Guarded<[String]>([])

    /// Objects that answers keep.
    let keptCount = Guarded(0)
    /// The body of an answer that keeps one: more than the kernel takes of it.
    static let keptBytes = 16 << 20

    private final class Counted: Sendable {
        private let count: Guarded<Int>

        init(in count: Guarded<Int>) {
            self.count = count
            count.withLock { $0 += 1 }
        }

        deinit { count.withLock { $0 -= 1 } }
    }

    func clientHasGone(_ first: UInt64, _ second: UInt64) {
        departures.withLock { $0.append("told \(first) \(second)") }
    }

    func refusal(for head: RequestHead) -> HTTPResponse? {
        guard head.path.starts(with: "/refused".utf8) else { return nil }
        return HTTPResponse(status: 429, body: Array("refused".utf8)[...])
    }

    func isUrgent(_ head: RequestHead) -> Bool { head.path.elementsEqual("/urgent".utf8) }

    func handle(_ request: HTTPRequest, responder: Responder) {
        heads.withLock { $0.append(request.head) }
        bodies.withLock { $0.append(request.body) }
        let response = HTTPResponse(status: 200, fields: [("Content-Type", "text/plain")], body: request.body[...])
        switch String(decoding: request.head.path, as: UTF8.self) {
        case "/never": held.withLock { $0.append(responder) }
        case "/told":
            responder.whenClientGoes(.told(1, 2))
            held.withLock { $0.append(responder) }
        case "/acted":
            responder.whenClientGoes(.action { [departures] in departures.withLock { $0.append("acted") } })
            held.withLock { $0.append(responder) }
        case "/stream": stream(responder)
        case "/stream-later":
            // Without a thread and descriptors there is nothing to test.
            // swift-format-ignore: NeverUseForceTry
            _ = try! OwnedThread(name: "later") { self.stream(responder) }
        case "/answered-stream":
            responder.respond(response)
            stream(responder)
        case "/later":
            // Without a thread and descriptors there is nothing to test.
            // swift-format-ignore: NeverUseForceTry
            _ = try! OwnedThread(name: "later") { responder.respond(response) }
        case "/twice":
            responder.respond(response)
            // Without a thread and descriptors there is nothing to test.
            // swift-format-ignore: NeverUseForceTry
            _ = try! OwnedThread(name: "twice") { responder.respond(HTTPResponse(status: 500)) }
        case "/closing": responder.respond(HTTPResponse(status: 200, closesConnection: true))
        case "/badfield":
            responder.respond(HTTPResponse(status: 200, fields: [("X-A", "1\r\nX-B: 2"), ("X-C", "3")]))
        case "/fields":
            let long = String(repeating: "x", count: 600)
            let fields = [("X-A", "1"), ("X-B", "a, b: c"), ("X-A", "größe"), ("X-Long", long)]
            let closes = request.head.query != nil
            responder.respond(
                HTTPResponse(status: 200, fields: ResponseFields(fields), body: [0x61], closesConnection: closes)
            )
        case "/kept":
            var response = HTTPResponse(status: 200, body: [UInt8](repeating: 0x61, count: Self.keptBytes)[...])
            response.keep(Counted(in: keptCount))
            responder.respond(response)
        case "/big":
            responder.respond(HTTPResponse(status: 200, body: [UInt8](repeating: 0x61, count: 3_000_000)[...]))
        default: responder.respond(response)
        }
    }

    func response(to failure: HTTPFailure) -> HTTPResponse {
        HTTPResponse(
            status: failure.status,
            fields: [("Content-Type", "application/problem+json")],
            body: Array(#"{"status":\#(failure.status),"detail":"\#(failure.reason.rawValue)"}"#.utf8)[...]
        )
    }

    /// Begins a stream with a buffer of 64 KiB.
    func stream(_ responder: Responder) {
        let head = HTTPResponse(status: 200, fields: [("Content-Type", "text/event-stream")])
        let stream = responder.respond(streaming: head, bufferLimit: 65_536) { [ends] end in
            ends.withLock { $0.append(end) }
        }
        streams.withLock { $0.append(stream) }
    }

    /// Waits for the first stream.
    func firstStream() -> ResponseStream? {
        _ = eventually { streams.withLock { !$0.isEmpty } }
        return streams.withLock { $0.first }
    }

    /// Answers every held request, from the calling thread.
    func releaseAll(_ body: String) {
        let responders = held.withLock { held in
            let taken = held
            held = []
            return taken
        }
        for responder in responders { responder.respond(HTTPResponse(status: 200, body: Array(body.utf8)[...])) }
    }
}
