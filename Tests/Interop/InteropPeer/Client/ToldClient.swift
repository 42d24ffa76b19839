// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Threads

/// An RPC client that does what it is told, one JSON object a line, side by side.
struct ToldClient: Sendable {
    let driver: any Driver

    func run() async {
        Line.write("READY")
        await withDiscardingTaskGroup { group in
            for await line in InputLines.stream() {
                group.addTask { await answer(line) }
            }
        }
    }

    private func answer(_ line: String) async {
        guard let command = try? Command(line) else { return Line.write("{\"id\": null}") }
        let outcome: (String, JSONText)
        do {
            outcome = ("result", JSONText(string: try await perform(command).string))
        } catch {
            outcome = ("error", describe(error))
        }
        Line.write("{\"id\": \(command.id.string), \"\(outcome.0)\": \(outcome.1.string)}")
    }

    private func perform(_ command: Command) async throws -> JSONText {
        let client = RPCClient(
            driver: driver,
            target: command.target,
            configuration: command.configuration,
            serializer: NoOpSerializer()
        )
        switch command.operation {
        case "cast", "fanout":
            try await client.cast(command.method, command.arguments, context: command.context)
            return .null
        default:
            return try await client.call(command.method, command.arguments, context: command.context)
        }
    }

    private func describe(_ error: any Error) -> JSONText {
        let messaging = error as? MessagingError
        return .object([
            "class": JSONText(string: messaging?.code.description ?? "\(type(of: error))"),
            "text": JSONText(string: "\(error)"),
            "remote": messaging?.remote.map(describe) ?? .null,
        ])
    }

    private func describe(_ remote: RemoteError) -> JSONText {
        .object([
            "module": JSONText(string: remote.module),
            "class": JSONText(string: remote.className),
            "message": JSONText(string: remote.message),
            "args": remote.arguments,
            "kwargs": remote.keywordArguments,
            "traceback": .array(remote.traceback.map { JSONText(string: $0) }),
        ])
    }
}
