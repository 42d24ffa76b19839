// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing
import Threads

@testable import Access

/// Keys that an issuer shows at an address, with a web that the test holds in its hands.
struct IssuerKeysTests {
    /// What the gateway asks the web for, and what it tells of it.
    private final class Web: Sendable {
        typealias Completion = @Sendable (Result<[UInt8], IssuerFileRefusal>) -> Void
        let pending = Guarded<[Completion]>([])
        let events = Guarded<[KeyFetching.Event]>([])

        var fetching: KeyFetching {
            KeyFetching(
                allowed: "https",
                isAddress: { $0.utf8.starts(with: "https://".utf8) },
                fetch: { [self] _, completion in pending.withLock { $0.append(completion) } },
                tell: { [self] _, event in events.withLock { $0.append(event) } }
            )
        }

        var asked: Int { pending.withLock { $0.count } }

        func answer(_ bytes: [UInt8]?) throws {
            let completion = try #require(pending.withLock { $0.popLast() })
            completion(bytes.map { .success($0) } ?? .failure(IssuerFileRefusal(reason: "away")))
        }
    }

    private static let line =
        "- {name: corp, issuer: \"https://login.example\", audiences: gateway, jwks: \"https://login.example/keys\"}"

    private func table(_ web: Web, after earlier: IssuerTable? = nil, more: String = "") throws -> IssuerTable {
        let line = Self.line.replacing("}", with: "\(more)}")
        return try IssuerTable(file: Array(line.utf8), fetching: web.fetching, after: earlier) { _ in [] }
    }

    private func unproved(_ token: String, _ table: IssuerTable) throws -> UnprovedToken? {
        let credentials = Credentials(authorization: .once(Array("Bearer \(token)".utf8)[...]))
        let access = Authenticator(keys: nil, issuers: table)
        if case .unproved(let token) = try access.look(credentials, now: 1_500) { return token }
        return nil
    }

    private func verdict(_ token: UnprovedToken, hasAsked: Bool = true) -> Result<String, AuthenticationError> {
        Result { () throws(AuthenticationError) in try token.principal(now: 1_500, hasAsked: hasAsked).name.text }
    }

    private func isWanting(_ token: UnprovedToken) throws -> Bool {
        if case .keysWanted = try token.proof(now: 1_500) { true } else { false }
    }

    @Test func aTokenWaitsForTheFirstKeys() throws {
        let (web, signer) = (Web(), TestSigner.es256())
        let table = try table(web)
        let keys = table.issuers[0].keys
        let token = try #require(try unproved(try signer.token(kid: "1"), table))
        #expect(try isWanting(token))
        #expect(verdict(token) == .failure(.keysUnknown))
        let told = Guarded(0)
        #expect(keys.whenFetched(at: .now) { told.withLock { $0 += 1 } })
        #expect(keys.whenFetched(at: .now) { told.withLock { $0 += 1 } })
        #expect(web.asked == 1, "all wait for one")
        try web.answer(keySet(signer.key("1")))
        #expect(told.withLock { $0 } == 2)
        #expect(verdict(token) == .success("corp#alice"))
        #expect(web.events.withLock { $0 } == [.changed(count: 1, defects: [])])
    }

    @Test func aRotationIsSeenByTheFirstTokenOfTheNewKey() throws {
        let (web, old, new) = (Web(), TestSigner.es256(), TestSigner.es256())
        let table = try table(web)
        let keys = table.issuers[0].keys
        keys.refresh(at: .now)
        try web.answer(keySet(old.key("old")))
        let (first, second) = (try old.token(kid: "old"), try new.token(kid: "new"))
        #expect(verdict(try #require(try unproved(first, table))) == .success("corp#alice"))
        let waiting = try #require(try unproved(second, table))
        #expect(try isWanting(waiting))
        #expect(keys.whenFetched(at: .now) {})
        try web.answer(keySet(old.key("old"), new.key("new")))
        #expect(verdict(waiting) == .success("corp#alice"))
        // Nobody has another fetch made within a minute; what no key of the set has signed is wrong.
        #expect(!keys.whenFetched(at: .now) {})
        let other = try #require(try unproved(try new.token(kid: "other"), table))
        #expect(verdict(other, hasAsked: true) == .failure(.wrong(.tokenKey)))
    }

    @Test func whatMayBeOfNewerKeysIsNotCalledWrong() throws {
        let (web, signer) = (Web(), TestSigner.es256())
        let table = try table(web)
        table.issuers[0].keys.refresh(at: .now)
        try web.answer(keySet(signer.key("1")))
        // Made long before the last look, and made since: by a clock that is at 1,500.
        for (made, error) in [(1_000, AuthenticationError.wrong(.tokenKey)), (1_500, .keysUnknown)] {
            let token = try signer.token(TestClaims().with(["iat": "\(made)"]).text, kid: "2")
            #expect(verdict(try #require(try unproved(token, table)), hasAsked: false) == .failure(error), "\(made)")
        }
    }

    @Test func theLastGoodKeysStayWhileTheIssuerIsAwayButNotForEver() throws {
        let (web, signer) = (Web(), TestSigner.es256())
        let table = try table(web, more: ", refresh: 60, keep: 120")
        let keys = table.issuers[0].keys
        let start = Moment.now
        keys.refresh(at: start)
        try web.answer(keySet(signer.key("1")))
        let text = try signer.token(kid: "1")
        #expect(verdict(try #require(try unproved(text, table))) == .success("corp#alice"))
        keys.refresh(at: start + .seconds(110))
        try web.answer(nil)
        #expect(keys.current != nil)
        // Remembered: nothing has to be proved again.
        #expect(try unproved(text, table) == nil)
        #expect(keys.failedFetches == 1)
        keys.refresh(at: start + .seconds(3_600))
        #expect(keys.current == nil)
        #expect(verdict(try #require(try unproved(text, table))) == .failure(.keysUnknown))
        #expect(web.events.withLock { $0.contains(.over) && $0.contains(.failed("away")) })
    }

    @Test(arguments: ["", "<html>", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}"])
    func whatIsNoSetChangesNothing(_ text: String) throws {
        let (web, signer) = (Web(), TestSigner.es256())
        let keys = try table(web).issuers[0].keys
        keys.refresh(at: .now)
        try web.answer(keySet(signer.key("1")))
        let set = try #require(keys.current)
        #expect(keys.whenFetched(at: .now) {})
        try web.answer(Array(text.utf8))
        #expect(keys.current === set)
        #expect(keys.failedFetches == 1)
    }

    @Test func theSameKeysAreTheSameSet() throws {
        let (web, signer) = (Web(), TestSigner.es256())
        let first = try table(web)
        first.issuers[0].keys.refresh(at: .now)
        try web.answer(keySet(signer.key("1")))
        let set = try #require(first.issuers[0].keys.current)
        #expect(first.issuers[0].keys.whenFetched(at: .now) {})
        try web.answer(keySet(signer.key("1")))
        #expect(first.issuers[0].keys.current === set)
        // A reload goes on with them, and begins anew with another address.
        #expect(try table(web, after: first).issuers[0].keys === first.issuers[0].keys)
        #expect(try table(web, after: first, more: ", refresh: 60").issuers[0].keys !== first.issuers[0].keys)
    }

    @Test func addressesAreOfTheWebAndWhatTheyHaveIsTold() {
        func problems(_ rest: String, _ fetching: KeyFetching? = Web().fetching) -> [String] {
            do throws(AccessFileError) {
                let line = "- {name: corp, issuer: x, audiences: y, \(rest)}"
                _ = try IssuerTable(file: Array(line.utf8), fetching: fetching) { _ throws(IssuerFileRefusal) in
                    throw IssuerFileRefusal(reason: "does not exist")
                }
                return []
            } catch {
                return error.problems.map(\.description)
            }
        }
        #expect(problems("jwks: \"https://a/k\"") == [])
        #expect(problems("jwks: \"https://a/k\", refresh: 60, keep: 60") == [])
        #expect(problems("jwks: \"http://a/k\"") == ["line 1: jwks: has to be https"])
        #expect(
            problems("jwks: \"https://a/k\", refresh: 59") == ["line 1: refresh: has to be 60 to 86400, in seconds"]
        )
        #expect(problems("jwks: \"https://a/k\", keep: 1") == ["line 1: keep: has to be 60 to 2592000, in seconds"])
        #expect(
            problems("jwks: \"https://a/k\", authorities: ca.pem")
                == ["line 1: authorities: the file ca.pem does not exist"]
        )
        #expect(problems("jwks: \"https://a/k\", keys: f").count == 1)
        #expect(problems("keys: f, refresh: 60").first == "line 1: refresh: has a meaning with jwks only")
        #expect(problems("jwks: \"https://a/k\", algorithms: HS256").count == 1)
        #expect(problems("jwks: \"https://a/k\"", nil).count == 1)
    }
}
