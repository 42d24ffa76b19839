// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Names
internal import Threads

/// The operations of a gateway: the store behind its lock, and the timer of those who wait.
final class Operations: Sendable {
    typealias Store = OperationStore<OperationWaiter>

    private struct State: Sendable {
        var store = Store()
        /// Whether nobody may wait any more.
        var isClosed = false
    }

    private let state = Guarded(State())
    private let core: GatewayCore
    private let loop: EventLoop
    /// Made for the first client that waits.
    private let timer = Guarded<DeadlineTimer?>(nil)

    init(_ core: GatewayCore, loop: EventLoop) {
        self.core = core
        self.loop = loop
    }

    /// Answers with what has become of an operation, or forgets it, if its client might still send the request of it.
    func answer(
        _ text: String,
        _ exchange: Exchange,
        _ configuration: GatewayConfiguration
    ) throws(Problem) {
        let (identity, sink) = (exchange.identity, exchange.sink)
        _ = try QueryParameters(exchange.request.head.query, known: [])
        guard let id = UniqueID(operation: text).map({ OperationKey(id: $0, of: exchange.caller) }) else {
            throw .noSuchOperation
        }
        try exchange.caller?.judge(record(of: id), core, identity)
        let limits = configuration.operationLimits
        if exchange.request.head.method == "DELETE", forget(id, limits) {
            return sink.respond(OperationResponses.forgotten(identity))
        }
        // Asking first keeps the lists of waiters free of operations that have ended.
        if case .running = look(id, limits), let wait = Prefer.wait(exchange.request.head.fields) {
            let deadline = identity.started.advanced(by: min(wait, configuration.maximumOperationWait))
            let waiter = OperationWaiter(identity: identity, sink: sink, caller: exchange.caller)
            if self.wait(id, waiter, deadline: deadline, limits) { return }
        }
        sink.respond(try response(look(id, limits), identity))
    }

    private func response(_ look: Store.Look, _ identity: RequestIdentity) throws(Problem) -> HTTPResponse {
        switch look {
        case .unknown: throw .noSuchOperation
        case .gone(let executed): throw .gone(.ofOperation, executed)
        case .running: OperationResponses.running(identity)
        case .done(let answer): OperationResponses.done(answer)
        }
    }

    /// Begins an operation.
    ///
    /// - Throws: `overloaded` when its holder has as many as it may have.
    func begin(_ holder: Holder, _ caller: Caller?, _ limits: Store.Limits) throws(Problem) -> OperationKey {
        let (id, now) = (OperationKey(of: caller), Moment.now)
        let refusal = state.withLock { state -> Problem? in
            guard !state.store.begin(id, of: holder, caller?.record, now: now, limits) else { return nil }
            let limit = GatewayLimit.operations(held: state.store.count(of: holder), of: limits.maximumCount)
            return .overloaded(limit, until: state.store.nextExpiry, now: now)
        }
        if let refusal { throw refusal }
        return id
    }

    /// Forgets an operation whose request was refused.
    func abandon(_ id: OperationKey) { state.withLock { $0.store.abandon(id) } }

    /// Keeps the answer and gives it to those who wait.
    func finish(
        _ id: OperationKey,
        _ response: HTTPResponse,
        executed: MessagingError.Execution,
        _ limits: Store.Limits
    ) {
        let answer = StoredResponse(response, record(of: id))
        let waiters = state.withLock { $0.store.finish(id, answer, executed: executed, now: .now, limits) }
        for waiter in waiters { give(answer, to: waiter) }
    }

    /// Gives an answer to a client that has waited for it, if that would still be let in with its request.
    private func give(_ answer: StoredResponse, to waiter: OperationWaiter) {
        do throws(Problem) {
            try waiter.caller?.now(core)?.judge(answer.record, core, waiter.identity)
            waiter.sink.respond(OperationResponses.done(answer))
        } catch {
            core.metrics.refused(error.code)
            waiter.sink.respond(error.response(waiter.identity))
        }
    }

    private func record(of id: OperationKey) -> AccessRecord? { state.withLock { $0.store.record(of: id) } }

    /// What is known of an operation.
    func look(_ id: OperationKey, _ limits: Store.Limits) -> Store.Look {
        state.withLock { $0.store.look(id, now: .now, limits) }
    }

    /// Answers a client when the operation has ended, or at the deadline; false when it cannot wait.
    func wait(
        _ id: OperationKey,
        _ waiter: OperationWaiter,
        deadline: Moment,
        _ limits: Store.Limits
    ) -> Bool {
        let waits = state.withLock { state in
            !state.isClosed && state.store.wait(id, waiter, deadline: deadline, limits)
        }
        if waits { runningTimer().arm(deadline) }
        return waits
    }

    /// Forgets an operation; false when there is none.
    func forget(_ id: OperationKey, _ limits: Store.Limits) -> Bool {
        guard let waiters = state.withLock({ $0.store.forget(id, now: .now, limits) }) else { return false }
        // The request goes on, and its answer will be kept nowhere.
        for waiter in waiters { waiter.sink.respond(Problem.gone(.ofOperation, .maybe).response(waiter.identity)) }
        return true
    }

    /// Answers those who wait, and has nobody wait any more.
    func close() {
        state.withLock { $0.isClosed = true }
        _ = expire(.now.advanced(by: .seconds(86_400)))
        let timer = timer.withLock { timer in
            defer { timer = nil }
            return timer
        }
        timer?.stop()
    }

    private func runningTimer() -> DeadlineTimer {
        timer.withLock { timer in
            if let timer { return timer }
            let made = DeadlineTimer(loop: loop) { [weak self] now in self?.expire(now) }
            timer = made
            return made
        }
    }

    private func expire(_ now: Moment) -> Moment? {
        let (expired, next) = state.withLock { $0.store.expireWaiters(now: now) }
        for waiter in expired { waiter.sink.respond(OperationResponses.running(waiter.identity)) }
        return next
    }
}

/// A client that waits for the end of an operation.
struct OperationWaiter: Sendable {
    let identity: RequestIdentity
    let sink: ResponseSink
    let caller: Caller?
}

extension GatewayConfiguration {
    /// The bounds on what is kept of operations.
    var operationLimits: Operations.Store.Limits {
        Operations.Store.Limits(
            timeToLive: operationTimeToLive,
            maximumCount: maximumOperations,
            maximumBytes: maximumOperationBytes
        )
    }
}

extension UniqueID {
    /// Reads an identifier as `hexadecimal` writes it; nil for every other text.
    init?(operation text: String) {
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
        // Other cases, signs, and bits that no identifier of ours has.
        guard hexadecimal.isSame(as: text) else { return nil }
    }
}
