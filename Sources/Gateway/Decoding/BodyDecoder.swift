// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Compression
internal import Messaging
internal import Threads

/// Decodes the bodies of requests (gzip and deflate).
///
/// A few bytes can stand for many megabytes, which must not hold up the thread that reads requests: what turns out to
/// be long is decoded on another thread, one body after the other.
final class BodyDecoder: Sendable {
    typealias Completion = @Sendable (Result<[UInt8], Problem>) -> Void

    /// The most decoded bytes of a body that is decoded at once: a fraction of a millisecond's work.
    static let shortBytes = 64 << 10
    /// How many coded bytes may wait; one body always may.
    static let maximumWaitingBytes = 64 << 20

    private struct State: Sendable {
        /// Made for the first long body.
        var worker: OwnedLoop?
        var waitingBytes = 0
    }

    private let state = Guarded(State())

    /// Decodes a body; the completion runs now, or later on a thread of the decoder.
    ///
    /// - Throws: `overloaded` where too much waits already, 400 or 413 for a body that is wrong; then the completion
    ///   does not run.
    func decode(_ body: [UInt8], maximumBytes: Int, _ completion: @escaping Completion) throws(Problem) {
        do throws(Zlib.Failure) {
            let short = min(maximumBytes, Self.shortBytes)
            return completion(.success(try Zlib.decompress(body, maximumBytes: short, takesSeveral: true)))
        } catch .tooLarge where maximumBytes > Self.shortBytes {
            try decodeLater(body, maximumBytes, completion)
        } catch {
            throw Problem(error, maximumBytes)
        }
    }

    private func decodeLater(_ body: [UInt8], _ maximumBytes: Int, _ completion: @escaping Completion) throws(Problem) {
        let worker = try enter(body.count)
        worker.loop.execute { [self] in
            state.withLock { $0.waitingBytes -= body.count }
            do throws(Zlib.Failure) {
                completion(.success(try Zlib.decompress(body, maximumBytes: maximumBytes, takesSeveral: true)))
            } catch {
                completion(.failure(Problem(error, maximumBytes)))
            }
        }
    }

    private func enter(_ bytes: Int) throws(Problem) -> OwnedLoop {
        let worker = state.withLock { state -> OwnedLoop? in
            guard state.waitingBytes == 0 || state.waitingBytes + bytes <= Self.maximumWaitingBytes else { return nil }
            if state.worker == nil { state.worker = try? OwnedLoop(nil, name: "decoder") }
            if state.worker != nil { state.waitingBytes += bytes }
            return state.worker
        }
        guard let worker else { throw .overloaded(.codedBodies) }
        return worker
    }
}

extension Problem {
    fileprivate init(_ failure: Zlib.Failure, _ maximumBytes: Int) {
        switch failure {
        case .corrupt:
            let detail =
                "Content-Encoding: the body is not what gzip or deflate write (RFC 1952 and 1950), or is cut short"
            self = .invalidRequest(detail)
        case .tooLarge:
            self.init(.contentTooLarge, "body: more than \(maximumBytes) bytes when decoded (http.maxBodyBytes)")
        }
    }
}
