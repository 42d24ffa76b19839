// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing

@testable import Access

struct CertificateTests {
    private static let spiffe = "spiffe://example.org/alice"
    private static let all: [ProvedCertificate.Name] = [
        .dns(bytes("a.example")), .dns(bytes("b.example")), .uri(bytes(spiffe)), .email(bytes("a@example.org")),
        .commonName(bytes("Alice")),
    ]

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func look(
        _ names: [ProvedCertificate.Name],
        _ naming: CertificateNaming = .auto,
        end: Int64 = 100,
        now: Int64 = 0
    ) -> Result<String, AuthenticationError> {
        let authenticator = Authenticator(keys: nil, certificates: naming)
        let credentials = Credentials(certificate: ProvedCertificate(names: names, end: end))
        return Result { () throws(AuthenticationError) in
            try authenticator.principal(of: credentials, now: now).name.text
        }
    }

    @Test func theFirstKindThatACertificateHasNamesItsPrincipal() {
        #expect(look(Self.all) == .success("cert#uri:" + Self.spiffe))
        #expect(look(Self.all.filter { if case .uri = $0 { false } else { true } }) == .success("cert#dns:a.example"))
        #expect(look(Array(Self.all.suffix(2))) == .success("cert#email:a@example.org"))
        #expect(look(Array(Self.all.suffix(1))) == .success("cert#cn:Alice"))
        #expect(look([]) == .failure(.wrong(.certificateName)))
    }

    @Test func oneKindMayBeAskedFor() {
        let expected: [(CertificateNaming, String)] = [
            (.uri, "cert#uri:" + Self.spiffe), (.dns, "cert#dns:a.example"), (.email, "cert#email:a@example.org"),
            (.commonName, "cert#cn:Alice"),
        ]
        for (naming, name) in expected {
            #expect(look(Self.all, naming) == .success(name))
            #expect(look([.dns([])], naming) == .failure(.wrong(.certificateName)))
        }
        #expect(look(Self.all, CertificateNaming.none) == .success("anonymous"))
    }

    @Test func namesThatCannotStandInALogOrARuleAreRefused() {
        for name in ["", "a b", "a\"b", "a\\b", "a\u{0}b", "a\nb", "é", String(repeating: "a", count: 257)] {
            #expect(look([.commonName(Self.bytes(name))]) == .failure(.wrong(.certificateName)), "\(name)")
        }
        #expect(
            look([.commonName(Self.bytes(String(repeating: "a", count: 256)))]) != .failure(.wrong(.certificateName))
        )
        // A later kind is not taken for one that is wrong.
        #expect(
            look([.uri(Self.bytes("a b")), .commonName(Self.bytes("Alice"))]) == .failure(.wrong(.certificateName))
        )
        let uris: [ProvedCertificate.Name] = [.uri(Self.bytes("spiffe://a/b")), .uri(Self.bytes("spiffe://a/c"))]
        #expect(look(uris) == .failure(.wrong(.certificateName)))
    }

    @Test func aCertificateEndsWhileItsConnectionStays() {
        #expect(look(Self.all, end: 100, now: 99) == .success("cert#uri:" + Self.spiffe))
        #expect(look(Self.all, end: 100, now: 100) == .failure(.wrong(.certificateExpired)))
    }

    @Test func aFieldBesideACertificateIsAmbiguous() {
        let authenticator = Authenticator(keys: nil, certificates: .auto)
        let key = Credentials.Field.once(Self.bytes("x")[...])
        let certificate = ProvedCertificate(names: Self.all, end: 100)
        for credentials in [
            Credentials(authorization: key, certificate: certificate),
            Credentials(apiKey: key, certificate: certificate),
            Credentials(apiKey: .repeated, certificate: certificate),
        ] {
            #expect(throws: AuthenticationError.ambiguous(.certificate)) {
                try authenticator.principal(of: credentials, now: 0)
            }
        }
        // Without one nobody is let in, unless that is configured.
        #expect(throws: AuthenticationError.missing) { try authenticator.principal(of: Credentials(), now: 0) }
    }
}
