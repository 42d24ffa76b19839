// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import HTTPServer
import Names
import Testing
import Threads

@testable import Gateway

/// Who floods the proofs with tokens, with somebody else beside them.
struct TokenProofsTests {
    private typealias Completion = @Sendable (Result<[UInt8], IssuerFileRefusal>) -> Void
    private typealias Verdict = Result<Principal, AuthenticationError>

    private static let (flood, victim) = (Holder(address: "10.0.0.1"), Holder(address: "10.0.0.2"))
    private let fetches = Guarded<[Completion]>([])

    private func issuer(kid: String = "1") throws -> TestIssuer {
        let fetching = KeyFetching(
            allowed: "https",
            isAddress: { _ in true },
            fetch: { [fetches] _, completion in fetches.withLock { $0.append(completion) } },
            tell: { _, _ in }
        )
        return try TestIssuer(kid: kid, fetching: fetching)
    }

    private func unproved(_ text: String, _ access: AccessControl) throws -> UnprovedToken {
        let head = RequestHead(method: "POST", path: [], fields: RequestFields([TestKeys.bearer(text)]))
        guard case .unproved(let token) = try access.look(Credentials(head)) else { throw NotUnproved() }
        return token
    }

    private struct NotUnproved: Error {}

    private func until(_ isSo: () -> Bool) async {
        let deadline = Moment.now + .seconds(20)
        while !isSo(), .now < deadline { await Task.yield() }
        #expect(isSo())
    }

    @Test func tokensThatWaitForKeysLeavePlacesForThoseFromElsewhere() async throws {
        let issuer = try issuer()
        let proofs = TokenProofs()
        let (judged, verdict) = (Guarded(0), Guarded<Verdict?>(nil))
        // More than the half of the places, which is what one address gets; not more at a time than may be in the queue.
        let unknown = try unproved(try issuer.token(kid: "unknown"), issuer.access)
        let (sent, share) = (3_000, IssuerKeys.mostWaiting / 2)
        for number in 1...sent {
            try proofs.prove(unknown, issuer.access, of: Self.flood) { _ in judged.withLock { $0 += 1 } }
            if number % 500 == 0 { await until { proofs.waitingForTurn == 0 } }
        }
        await until { judged.withLock { $0 } == sent - share }
        let token = try unproved(try issuer.token(), issuer.access)
        try proofs.prove(token, issuer.access, of: Self.victim) { result in verdict.withLock { $0 = result } }
        await until { proofs.waitingForTurn == 0 && proofs.waitingForKeys == share + 1 }
        #expect(verdict.withLock { $0 == nil })
        // All of them wait for one look.
        #expect(fetches.withLock { $0.count } == 1)
        fetches.withLock { $0.popLast() }?(.success(issuer.keySet))
        await until { verdict.withLock { $0 != nil } }
        #expect(try verdict.withLock { $0 }?.get().name == "corp#alice")
        await until { judged.withLock { $0 } == sent }
        #expect(proofs.waitingForKeys == 0)
    }

    @Test func tokensThatAreProvedAtOnceTakeNoPlaceOfThoseThatWait() async throws {
        let issuer = try issuer()
        let proofs = TokenProofs()
        let unknown = try unproved(try issuer.token(kid: "unknown"), issuer.access)
        let refused = Guarded(0)
        for _ in 0..<IssuerKeys.mostWaiting + 10 {
            // Some are told that there is no time left.
            do throws(Problem) {
                _ = try proofs.proveAtOnce(unknown, issuer.access, of: Self.flood)
            } catch {
                refused.withLock { $0 += 1 }
            }
        }
        #expect(fetches.withLock { $0.count } == 1)
        let verdict = Guarded<Verdict?>(nil)
        let token = try unproved(try issuer.token(), issuer.access)
        try proofs.prove(token, issuer.access, of: Self.victim) { result in verdict.withLock { $0 = result } }
        await until { proofs.waitingForKeys == 1 }
        fetches.withLock { $0.popLast() }?(.success(issuer.keySet))
        await until { verdict.withLock { $0 != nil } }
        #expect(try verdict.withLock { $0 }?.get().name == "corp#alice")
    }

    @Test func whoUsesUpTheTimeOfTheLoopLeavesSomeForOthers() throws {
        let issuer = try TestIssuer()
        let proofs = TokenProofs()
        // The proofs of this stretch and the next.
        var refusals = 0
        for number in 0..<2_000 where refusals == 0 {
            let wrong = try unproved(try issuer.token(id: number) + "AAAA", issuer.access)
            for _ in 0..<100 where refusals == 0 {
                do throws(Problem) {
                    _ = try proofs.proveAtOnce(wrong, issuer.access, of: Self.flood)
                } catch {
                    refusals += 1
                }
            }
        }
        #expect(refusals == 1)
        let token = try unproved(try issuer.token(), issuer.access)
        #expect(try proofs.proveAtOnce(token, issuer.access, of: Self.victim).get().name == "corp#alice")
    }
}
