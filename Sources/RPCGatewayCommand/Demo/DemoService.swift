//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Messaging
internal import Threads

/// A small service to try the gateway with: topic `demo`, server `local`.
///
/// It behaves as a server written with oslo.messaging would: the same refusals, the same kinds of exceptions.
final class DemoService: Sendable {
    static let target = Target(topic: "demo", server: "local")

    private let count = Guarded(0)

    /// Serves the demo's target on a driver.
    ///
    /// - Throws: when nothing can listen on this driver.
    static func listen(on driver: any Driver) throws -> any DirectListener {
        guard let driver = driver as? any DirectListeningDriver else {
            throw MessagingError(.invalidRequest, "demo.enabled: the demo service runs on memory:// only")
        }
        let service = DemoService()
        return try driver.listen(on: target) { service.handle($0) }
    }

    private func handle(_ message: DirectMessage) {
        do throws(RemoteError) {
            try DemoVersion.check(message)
            let arguments = try DemoArguments(message)
            switch message.method {
            case "echo": reply(message, try arguments.value("value", required: false) ?? .null)
            case "add": reply(message, try DemoSum.add(try arguments.required("a"), try arguments.required("b")))
            case "sleep": sleep(message, try arguments.seconds("seconds"))
            case "fail": try fail(message, arguments.text("kind") ?? "value_error")
            case "count": reply(message, number(increment(by: 1)))
            case "counter": reply(message, number(increment(by: 0)))
            case "oslo_rpc_server_ping": reply(message, JSONText(string: "pong"))
            default: throw .noSuchMethod(message.method)
            }
        } catch {
            message.answer?(.failure(error))
        }
    }

    private func reply(_ message: DirectMessage, _ result: JSONText) { message.answer?(.success(result)) }

    private func increment(by step: Int) -> Int {
        count.withLock { count in
            count += step
            return count
        }
    }

    private func number(_ value: Int) -> JSONText { (try? JSONText("\(value)")) ?? .null }

    private func sleep(_ message: DirectMessage, _ seconds: (text: JSONText, duration: Duration)) {
        Task {
            try? await Task.sleep(for: seconds.duration)
            reply(message, seconds.text)
        }
    }

    /// Ends as the kind says; `silent` never answers, so that a time-out can be seen.
    private func fail(_ message: DirectMessage, _ kind: String) throws(RemoteError) {
        if kind == "silent" { return }
        guard let failure = RemoteError.demoKinds[kind] else {
            let kinds = (RemoteError.demoKinds.keys.sorted() + ["silent"]).joined(separator: ", ")
            throw .valueError("kind is one of \(kinds)")
        }
        throw failure
    }
}
