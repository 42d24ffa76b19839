// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import Threads

/// Proves tokens that were not seen before.
///
/// A signature costs a loop as much as ten requests, so it is checked on a thread of its own, one after the other in turn for
/// the addresses that they come from: whoever sends wrong ones by the thousand waits for them alone.
final class TokenProofs: Sendable {
    typealias Completion = @Sendable (Result<Principal, AuthenticationError>) -> Void

    private struct Proof: Sendable {
        let token: UnprovedToken
        let access: AccessControl
        let holder: Holder
        let completion: Completion
    }

    private struct State: Sendable {
        /// Made for the first token.
        var worker: OwnedLoop?
        var queue: TurnQueue<Holder, Proof>
        /// Who waits for the keys of an issuer.
        var waiting = Shares()
        var allowance = TimeAllowance(.milliseconds(50), of: .seconds(1))
    }

    /// Tokens that may wait for keys, of all issuers together; one issuer's keys let as many wait.
    private static let mostWaiting = IssuerKeys.mostWaiting

    private let state: Guarded<State>

    init(capacity: Int = 4_096, share: Int = 1_024) {
        state = Guarded(State(queue: TurnQueue(capacity: capacity, share: share)))
    }

    /// Proves a token later; the completion runs on a thread of the proofs.
    ///
    /// - Throws: `overloaded` where too many wait already; the completion does not run then.
    func prove(
        _ token: UnprovedToken,
        _ access: AccessControl,
        of holder: Holder,
        _ completion: @escaping Completion
    ) throws(Problem) {
        let proof = Proof(token: token, access: access, holder: holder, completion: completion)
        let worker = state.withLock { state -> OwnedLoop? in
            if state.worker == nil { state.worker = try? OwnedLoop(nil, name: "tokens") }
            guard let worker = state.worker, state.queue.add(proof, of: holder) else { return nil }
            return worker
        }
        guard let worker else { throw .overloaded(.tokens) }
        worker.loop.execute { [self] in proveNext() }
    }

    private func proveNext() {
        guard let proof = state.withLock({ $0.queue.next() }) else { return }
        do throws(AuthenticationError) {
            switch try proof.access.prove(proof.token) {
            case .principal(let principal): proof.completion(.success(principal))
            case .keysWanted(let keys): wait(proof, for: keys)
            }
        } catch {
            proof.completion(.failure(error))
        }
    }

    /// Judges a token when its issuer has been asked for its keys, or at once where it cannot be asked now, or where too many
    /// tokens from the same place wait for that.
    private func wait(_ proof: Proof, for keys: IssuerKeys) {
        let worker = state.withLock { state -> OwnedLoop? in
            guard state.waiting.hasPlace(for: proof.holder, in: Self.mostWaiting) else { return nil }
            state.waiting.add(1, to: proof.holder)
            return state.worker
        }
        guard let worker else { return judge(proof, hasAsked: false) }
        let waits = keys.whenFetched(at: .now) { [self] in
            worker.loop.execute { [self] in
                leave(proof.holder)
                judge(proof, hasAsked: true)
            }
        }
        guard !waits else { return }
        leave(proof.holder)
        judge(proof, hasAsked: false)
    }

    /// How many wait for their turn.
    var waitingForTurn: Int { state.withLock { $0.queue.count } }

    /// How many wait for the keys of their issuers.
    var waitingForKeys: Int { state.withLock { $0.waiting.total } }

    private func leave(_ holder: Holder) { state.withLock { $0.waiting.remove(1, from: holder) } }

    private func judge(_ proof: Proof, hasAsked: Bool) {
        proof.completion(
            Result { () throws(AuthenticationError) in try proof.access.judge(proof.token, hasAsked: hasAsked) }
        )
    }

    /// Proves a token while the client waits for leave to send its body, which nobody else can be asked for: a twentieth of the
    /// time goes there at the most, of which no address gets more than it leaves for others.
    ///
    /// - Throws: `overloaded` where that is used up.
    func proveAtOnce(
        _ token: UnprovedToken,
        _ access: AccessControl,
        of holder: Holder
    ) throws(Problem) -> Result<Principal, AuthenticationError> {
        guard state.withLock({ $0.allowance.isLeft(for: holder, at: .now) }) else { throw .overloaded(.tokens) }
        let start = Moment.now
        let result = Result { () throws(AuthenticationError) in
            switch try access.prove(token) {
            case .principal(let principal): return principal
            case .keysWanted(let keys):
                // Who comes again finds them.
                keys.fetchIfUnknown(at: .now)
                return try access.judge(token, hasAsked: false)
            }
        }
        state.withLock { $0.allowance.spend(.now - start, of: holder, at: .now) }
        return result
    }
}
