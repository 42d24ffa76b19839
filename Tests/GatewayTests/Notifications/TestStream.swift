// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Threads

@testable import Gateway
@testable import HTTPServer

/// A stream without a socket: what was written is read here.
final class TestStream: Sendable {
    let stream: ResponseStream
    let ends = Guarded<[ResponseStream.End]>([])

    init(limit: Int = 1 << 20, onEnd: @escaping @Sendable () -> Void = {}) {
        stream = ResponseStream(pending: .unconnected(), bufferLimit: limit) { [ends] end in
            ends.withLock { $0.append(end) }
            onEnd()
        }
    }

    /// What waits, as text, and whether the stream has ended behind it.
    func read() -> (text: String, isEnded: Bool) {
        var text: [UInt8] = []
        var space = [UInt8](repeating: 0, count: 65_536)
        while true {
            switch space.withUnsafeMutableBytes({ stream.fill($0) }) {
            case .bytes(let count): text += space.prefix(count)
            case .wait: return (String(decoding: text, as: UTF8.self), false)
            case .end, .cut: return (String(decoding: text, as: UTF8.self), true)
            }
        }
    }

    /// The identifiers of the events that wait, as numbers.
    func readNumbers() -> [Int] {
        read().text.split(separator: "\n").filter { $0.hasPrefix("id: ") }.compactMap { Int($0.dropFirst(4)) }
    }
}

extension PendingRequest {
    /// A request of no connection.
    static func unconnected() -> PendingRequest {
        PendingRequest(connection: nil, loop: NoLoop())
    }
}

private final class NoLoop: ResumeQueue {
    func resume(_ pending: PendingRequest) {}
}
