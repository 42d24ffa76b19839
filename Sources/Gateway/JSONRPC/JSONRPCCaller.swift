// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Synchronization
internal import Threads

/// Executes the request objects of one HTTP request, which share its fields and its deadline.
final class JSONRPCCaller: Sendable {
    typealias Outcome = JSONRPCBatch.Outcome

    private let core: GatewayCore
    private let entries: [JSONText]
    private let fields: CallFields
    private let identity: RequestIdentity
    private let snapshot: ConfigurationSnapshot
    private let caller: Caller?
    private let isKept: Bool
    /// The bytes of the responses so far.
    private let bytes = Atomic(0)
    /// The calls that were begun, including those that have ended.
    private let begun = Guarded(Begun())

    private struct Begun {
        var calls: [UniqueID] = []
        var isAbandoned = false
    }

    /// The longest method, with its query: every name in it has a bound, and refusals repeat these names.
    static let maximumMethodBytes = 4_096

    init(
        _ core: GatewayCore,
        entries: [JSONText],
        fields: CallFields,
        _ identity: RequestIdentity,
        _ snapshot: ConfigurationSnapshot,
        _ caller: Caller? = nil,
        isKept: Bool = false
    ) {
        self.core = core
        self.entries = entries
        self.fields = fields
        self.identity = identity
        self.snapshot = snapshot
        self.caller = caller
        self.isKept = isKept
    }

    private func terms(timeout: Duration) -> UnderWayTerms {
        UnderWayTerms(identity: identity, timeout: timeout, caller: caller, isKept: isKept)
    }

    /// Gives up what is under way and begins nothing more, as nobody waits for the responses any longer.
    func abandon() {
        let calls = begun.withLock { begun in
            begun.isAbandoned = true
            return exchange(&begun.calls, with: [])
        }
        for call in calls { core.driver.cancel(call) }
    }

    private func note(_ call: UniqueID) {
        let isAbandoned = begun.withLock { begun in
            if !begun.isAbandoned { begun.calls.append(call) }
            return begun.isAbandoned
        }
        if isAbandoned { core.driver.cancel(call) }
    }

    /// Executes the entry at an index.
    func run(_ index: Int, _ completion: @escaping @Sendable (Outcome) -> Void) {
        do throws(JSONRPCRefusal) {
            let entry = try JSONRPCEntry(entries[index])
            begin(entry, isFirst: index == 0) { [self] result in completion(outcome(entry, result)) }
        } catch {
            completion(Outcome(response: error.response(identity), executed: .no))
        }
    }

    private func begin(
        _ entry: JSONRPCEntry,
        isFirst: Bool,
        _ completion: @escaping @Sendable (Result<ArraySlice<UInt8>, JSONRPCFailure>) -> Void
    ) {
        do throws(Problem) {
            guard !begun.withLock({ $0.isAbandoned }) else { throw Problem(.clientGone, "nothing more was begun") }
            // The first one has been counted as the request that brought it.
            if !isFirst, let caller { try core.clients.countIn(caller) }
            var call = try call(entry)
            try caller?.permit(&call, bodyBytes: entry.parameters?.bytes.count ?? 0, core, identity)
            let arguments = try Self.arguments(entry.parameters)
            try checkRoom()
            try send(call, arguments, completion)
        } catch {
            completion(.failure(JSONRPCFailure(document: ProblemDocument(problem: error, request: identity))))
        }
    }

    /// Sends what one entry asks for; its result comes as a JSON text.
    ///
    /// - Throws: what is wrong with it; then nothing was sent.
    private func send(
        _ call: CallRequest,
        _ arguments: JSONText,
        _ completion: @escaping @Sendable (Result<ArraySlice<UInt8>, JSONRPCFailure>) -> Void
    ) throws(Problem) {
        let gathering = call.route.verb == .gather ? try core.gatheringDriver : nil
        let request = call.request(arguments, identity)
        try core.enter(call.plan)
        let responses = CallResponses(call, identity)
        let shown = ShownRequest(terms(timeout: responses.timeout)) {
            responses.plan.route.account(responses.plan.target)
        }
        core.detached.insert(shown)
        let end: @Sendable (Result<ArraySlice<UInt8>, MessagingError>) -> Void = { [core] result in
            core.detached.remove(shown)
            core.leave()
            completion(result.mapError { JSONRPCFailure(document: responses.document(responses.problem($0))) })
        }
        switch call.route.verb {
        case .call:
            let id = core.driver.call(request) { [identity] in
                responses.plan.places.end($0, took: identity.elapsed, of: responses.timeout)
                end($0.map(\.result.bytes))
            }
            note(id)
        case .cast:
            core.driver.cast(request) {
                responses.plan.places.end()
                end($0.map { _ in JSONText.null.bytes })
            }
        case .gather:
            let id = gathering?.gather(request, minimum: call.plan.minimum) {
                responses.plan.places.end()
                end($0.map { responses.array($0)[...] })
            }
            if let id { note(id) }
        }
    }

    /// What the method's name asks for, read as a path with its query.
    private func call(_ entry: JSONRPCEntry) throws(Problem) -> CallRequest {
        guard entry.method.utf8.count <= Self.maximumMethodBytes else {
            throw .notFound("method: longer than \(Self.maximumMethodBytes) bytes")
        }
        let parts = entry.method.utf8.split(separator: 0x3f, maxSplits: 1, omittingEmptySubsequences: false)
        let path = [0x2f] + Array(parts[0])
        var route = try Self.route(path, isNotification: entry.id == nil)
        // There is nobody to give the replies to.
        if entry.id == nil, route.verb == .gather { route.verb = .cast }
        let query = parts.count > 1 ? Array(parts[1]) : nil
        return try CallRequest(route: route, query: query, fields: fields, snapshot)
    }

    /// The route of a method's name; one that cannot be such a name is unknown.
    private static func route(_ path: [UInt8], isNotification: Bool) throws(Problem) -> RPCRoute {
        do throws(Problem) {
            let route = try Router.route(path, unmarked: isNotification ? .cast : .call)
            guard case .rpc(let rpc) = route else {
                throw .notFound("method: \"topic/server/method\" or \"topic/method\" is expected")
            }
            return rpc
        } catch {
            throw error.code == .invalidRequest ? .notFound(error.detail) : error
        }
    }

    private static func arguments(_ parameters: JSONText?) throws(Problem) -> JSONText {
        guard let parameters else { return .emptyObject }
        do {
            return try JSONObject.arguments(Array(parameters.bytes))
        } catch {
            throw Problem(.invalidArgumentsJSON, "params: \(error); methods take arguments by name")
        }
    }

    /// Checks that the responses so far leave room for another one.
    private func checkRoom() throws(Problem) {
        let limit = snapshot.configuration.maximumBatchResponseBytes
        guard bytes.load(ordering: .relaxed) <= limit else {
            throw .overloaded(.batchBytes(limit))
        }
    }

    private func outcome(_ entry: JSONRPCEntry, _ result: Result<ArraySlice<UInt8>, JSONRPCFailure>) -> Outcome {
        switch result {
        case .success(let bytes):
            let response = entry.id.map { id in bounded(.yes, id) { JSONRPCResponse.result(bytes, id: id) } }
            return Outcome(response: response, executed: .yes)
        case .failure(let failure):
            return Outcome(
                response: entry.id.map { response(failure, id: $0) },
                executed: failure.document.problem.execution
            )
        }
    }

    private func response(_ failure: JSONRPCFailure, id: JSONText) -> [UInt8] {
        let response = { JSONRPCResponse.error(JSONRPCError(failure.document), id: id) }
        // Only a server's exception can be large; our own refusals are told in any case.
        guard failure.document.problem.remote != nil else { return response() }
        return bounded(failure.document.problem.execution, id, response)
    }

    /// A response, or the news that it is too large to be kept until the last entry has ended.
    private func bounded(
        _ execution: MessagingError.Execution,
        _ id: JSONText,
        _ response: () -> [UInt8]
    ) -> [UInt8] {
        let limit = snapshot.configuration.maximumBatchResponseBytes
        let response = response()
        guard bytes.add(response.count, ordering: .relaxed).newValue > limit else { return response }
        var problem = Problem(.badReply, GatewayLimit.batchBytes(limit).text)
        problem.origin = .gateway
        problem.execution = execution
        return JSONRPCResponse.error(JSONRPCError(ProblemDocument(problem: problem, request: identity)), id: id)
    }
}
