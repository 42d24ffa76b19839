//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Threads

/// Where other threads leave commands; the owner thread takes all of them at once.
final class Mailbox: Sendable {
    /// What a connection takes.
    enum Acceptance: Sendable {
        case notStarted, open, closing, finished
    }

    struct State: Sendable {
        var commands: [Command] = []
        var outboxBytes = 0
        var acceptance = Acceptance.notStarted
        var closeRequest: ContinuousClock.Instant?
        var closeCompletions: [@Sendable () -> Void] = []
        var isAborted = false

        /// Why no command is taken; nil when one is.
        var refusal: AMQPError? {
            switch acceptance {
            case .open: nil
            case .notStarted: AMQPError(.connectionClosed, "the connection has not been started")
            case .closing, .finished: AMQPError(.connectionClosed, "the connection is closed")
            }
        }
    }

    /// What the owner thread finds.
    struct Batch: Sendable {
        var commands: [Command]
        let closeRequest: ContinuousClock.Instant?
        let isAborted: Bool
    }

    fileprivate let state = Guarded(State())

    /// Runs the closure under the lock; it must not call out.
    func withState<Result: Sendable>(_ body: @Sendable (inout State) -> Result) -> Result {
        state.withLock { state in body(&state) }
    }

    /// Leaves a command, unless the connection is closing or finished.
    func append(_ command: Command) -> AMQPError? {
        state.withLock { state in
            if let refusal = state.refusal { return refusal }
            state.commands.append(command)
            return nil
        }
    }

    /// Leaves a publish, unless the connection is closing or its outbox is full.
    func append(_ request: PublishRequest, maximumBytes: Int) -> AMQPError? {
        let bytes = request.outboxBytes
        return state.withLock { state in
            if let refusal = state.refusal { return refusal }
            guard state.outboxBytes + bytes <= maximumBytes else {
                return AMQPError(.outboxFull, "\(state.outboxBytes) bytes of publishes are under way already")
            }
            state.outboxBytes += bytes
            state.commands.append(.publish(request))
            return nil
        }
    }

    /// Takes every command; leaves `storage` in its place, so that two arrays serve for ever.
    func takeCommands(leaving storage: [Command]) -> Batch {
        state.withLock { state in
            let batch = Batch(
                commands: state.commands,
                closeRequest: state.closeRequest,
                isAborted: state.isAborted
            )
            state.commands = storage
            return batch
        }
    }

    /// Frees room in the outbox.
    func release(bytes: Int) {
        state.withLock { $0.outboxBytes -= bytes }
    }
}

extension Mailbox {
    /// What the end of a connection leaves to be told.
    struct Remains: Sendable {
        let commands: [Command]
        let closeCompletions: [@Sendable () -> Void]
        let isAborted: Bool
    }

    /// Takes nothing more, and gives what was left.
    func finish() -> Remains {
        state.withLock { state in
            state.acceptance = .finished
            defer {
                state.commands = []
                state.closeCompletions = []
            }
            return Remains(
                commands: state.commands,
                closeCompletions: state.closeCompletions,
                isAborted: state.isAborted
            )
        }
    }
}
