// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// Names of certificates, as an operator writes them: a kind of `CertificateNaming`, a colon and the name.
public struct CertificateNames: Sendable, Equatable {
    /// They as they are written.
    public let texts: [String]
    private let names: [Entry]

    private struct Entry: Sendable, Equatable {
        let kind: CertificateNaming
        let bytes: [UInt8]
    }

    /// How one of them is written.
    public static let allowed = "uri:, dns:, email: or cn: and the whole name, such as dns:proxy.example.org"

    /// Reads a list; nil where one of them has another form.
    public init?(_ texts: [String]) {
        let names = texts.compactMap { Self.entry($0) }
        guard names.count == texts.count else { return nil }
        (self.texts, self.names) = (texts, names)
    }

    private static func entry(_ text: String) -> Entry? {
        let bytes = Array(text.utf8)
        guard let colon = bytes.firstIndex(of: 0x3a),
            let kind = [CertificateNaming.uri, .dns, .email, .commonName].first(where: {
                $0.rawValue.utf8.elementsEqual(bytes[..<colon])
            })
        else { return nil }
        let name = Array(bytes[(colon + 1)...])
        return AccessName.isVisible(name) ? Entry(kind: kind, bytes: name) : nil
    }

    /// None.
    public static let none = CertificateNames()

    private init() { (texts, names) = ([], []) }

    /// Whether there are none.
    public var isEmpty: Bool { names.isEmpty }

    /// Whether a certificate has one of these names, byte by byte, and has not ended.
    func name(_ certificate: ProvedCertificate?, now: Int64) -> Bool {
        guard !names.isEmpty, let certificate, now < certificate.end else { return false }
        return certificate.names.contains { name in
            names.contains { $0.kind.bytes(of: name) == $0.bytes }
        }
    }
}
