// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Threads

extension HTTPGateway {
    /// Tells what has become of an operation, or forgets it.
    func operation(
        _ text: String,
        _ head: RequestHead,
        _ identity: RequestIdentity,
        _ sink: ResponseSink
    ) throws(Problem) {
        _ = try QueryParameters(head.query, known: [])
        guard let id = UniqueID(operation: text) else { throw .noSuchOperation }
        let configuration = configuration
        let limits = configuration.operationLimits
        if head.method == "DELETE", operations.forget(id, limits) {
            return sink.respond(OperationResponses.forgotten(identity))
        }
        // Asking first keeps the lists of waiters free of operations that have ended.
        if case .running = operations.look(id, limits), let wait = Prefer.wait(head.fields) {
            let waiter = OperationWaiter(identity: identity, sink: sink)
            let deadline = identity.started.advanced(by: min(wait, configuration.maximumOperationWait))
            if operations.wait(id, waiter, deadline: deadline, limits) { return }
        }
        sink.respond(try answer(operations.look(id, limits), identity))
    }

    private func answer(_ look: Operations.Store.Look, _ identity: RequestIdentity) throws(Problem) -> HTTPResponse {
        switch look {
        case .unknown: throw .noSuchOperation
        case .gone: throw .operationGone
        case .running: OperationResponses.running(identity)
        case .done(let answer): OperationResponses.done(answer)
        }
    }
}

extension GatewayConfiguration {
    /// The bounds of what is kept of operations.
    var operationLimits: Operations.Store.Limits {
        Operations.Store.Limits(
            timeToLive: operationTimeToLive,
            maximumCount: maximumOperations,
            maximumBytes: maximumOperationBytes
        )
    }
}
