// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing

@testable import Access

/// The two fields, and everything that they may hold.
struct AuthenticatorTests {
    /// What a field can hold.
    enum Kind: CaseIterable {
        case absent, right, same, other, expired, unknown, truncated, long, empty, repeated
    }

    private struct Keys {
        let right, same, other, expired, unknown: NewKey

        init() throws {
            right = try newKey("ci", roles: ["ops"], seed: 1)
            same = try newKey("ci", roles: ["ops"], seed: 2)
            other = try newKey("backup", seed: 3)
            expired = try newKey("ci", roles: ["ops"], expires: "1970-01-02", seed: 4)
            unknown = try newKey("ci", seed: 5)
        }

        var table: KeyTable {
            get throws { try KeyTable(file: file(right.line, same.line, other.line, expired.line)) }
        }

        func field(_ kind: Kind, prefix: String) -> Credentials.Field {
            func once(_ text: String) -> Credentials.Field { .once(Array((prefix + text).utf8)[...]) }
            return switch kind {
            case .absent: .absent
            case .right: once(right.key.text)
            case .same: once(same.key.text)
            case .other: once(other.key.text)
            case .expired: once(expired.key.text)
            case .unknown: once(unknown.key.text)
            case .truncated: once(String(right.key.text.dropLast()))
            case .long: once(String(repeating: "a", count: 1 << 20))
            case .empty: once("")
            case .repeated: .repeated
            }
        }
    }

    private static let noon: Int64 = 2 * 86_400

    /// The plain reading: each field by itself, then both together.
    private static func expected(_ kind: Kind, twice: AuthenticationError) -> Result<String?, AuthenticationError> {
        switch kind {
        case .absent: .success(nil)
        case .right, .same: .success("ci")
        case .other: .success("backup")
        case .expired: .failure(.wrong(.expired))
        case .unknown, .truncated, .empty: .failure(.wrong(.unknown))
        case .long: .failure(.wrong(.tooLong))
        case .repeated: .failure(twice)
        }
    }

    private static func expected(_ first: Kind, _ second: Kind, anonymous: Bool) -> Result<String, AuthenticationError>
    {
        let one = expected(first, twice: .ambiguous(.authorizationTwice))
        let other = expected(second, twice: .ambiguous(.apiKeyTwice))
        switch (one, other) {
        case (.failure(let error), _), (_, .failure(let error)): return .failure(error)
        case (.success(let one?), .success(let other?)):
            return one == other ? .success(one) : .failure(.ambiguous(.principals))
        case (.success(let name?), .success(nil)), (.success(nil), .success(let name?)): return .success(name)
        case (.success(nil), .success(nil)): return anonymous ? .success("anonymous") : .failure(.missing)
        }
    }

    @Test(arguments: [false, true]) func allPairsOfFields(_ anonymous: Bool) throws {
        let keys = try Keys()
        let authenticator = Authenticator(keys: try keys.table, takesAnonymous: anonymous)
        for first in Kind.allCases {
            for second in Kind.allCases {
                let credentials = Credentials(
                    authorization: keys.field(first, prefix: "Bearer "),
                    apiKey: keys.field(second, prefix: "")
                )
                let result = Result { () throws(AuthenticationError) in
                    try authenticator.principal(of: credentials, now: Self.noon).name.text
                }
                #expect(result == Self.expected(first, second, anonymous: anonymous), "\(first), \(second)")
            }
        }
    }

    @Test func withoutASourceEverybodyIsAnonymousUnlessTold() throws {
        #expect(try Authenticator(keys: nil).principal(of: Credentials(), now: 0).isAnonymous)
        #expect(throws: AuthenticationError.missing) {
            try Authenticator(keys: nil, takesAnonymous: false).principal(of: Credentials(), now: 0)
        }
        // A credential that nobody can check proves nothing, and is not passed over.
        let given = Credentials(apiKey: .once(Array("x".utf8)[...]))
        #expect(throws: AuthenticationError.wrong(.unknown)) {
            try Authenticator(keys: nil).principal(of: given, now: 0)
        }
        // An empty file is a source, whose keys are all revoked.
        #expect(throws: AuthenticationError.missing) {
            try Authenticator(keys: try KeyTable(file: [])).principal(of: Credentials(), now: 0)
        }
    }

    @Test func rolesTellPrincipalsApart() throws {
        let (one, other) = (try newKey("ci", roles: ["ops"], seed: 1), try newKey("ci", seed: 2))
        let authenticator = Authenticator(keys: try KeyTable(file: file(one.line, other.line)))
        let both = Credentials(
            authorization: .once(Array("Bearer \(one.key.text)".utf8)[...]),
            apiKey: .once(Array(other.key.text.utf8)[...])
        )
        #expect(throws: AuthenticationError.ambiguous(.principals)) { try authenticator.principal(of: both, now: 0) }
    }

    @Test(arguments: [
        ("Bearer ", true), ("bearer ", true), ("BEARER   ", true), ("Bearer", false), ("Basic ", false), ("", false),
        ("Bearer\t", false), ("BearerX ", false),
    ]) func theSchemeIsBearer(_ prefix: String, _ isRight: Bool) throws {
        let key = try newKey("ci")
        let authenticator = Authenticator(keys: try KeyTable(file: file(key.line)))
        let credentials = Credentials(authorization: .once(Array((prefix + key.key.text).utf8)[...]))
        let principal = try? authenticator.principal(of: credentials, now: 0)
        #expect((principal?.name == "ci") == isRight)
    }

    @Test(arguments: [
        ("access_token=x", true), ("a=1&api_key=x", true), ("API_KEY=x", true), ("exchange=rgw_abc", true),
        ("token", true), ("exchange=nova&version=1.0", false), ("tokens=1", false), ("", false),
        ("exchange=xrgw_", false),
    ]) func credentialsInTheQueryAreSeen(_ query: String, _ isThere: Bool) {
        #expect(MisplacedCredential.isIn(query: Array(query.utf8)) == isThere)
    }

    @Test(arguments: [
        ("session=1; access_token=x", true), ("sid=rgw_abc", true), ("session=1; theme=dark", false),
        ("X-Api-Key=1", true),
    ]) func credentialsInCookiesAreSeen(_ cookie: String, _ isThere: Bool) {
        #expect(MisplacedCredential.isIn(cookie: Array(cookie.utf8)[...]) == isThere)
    }
}
