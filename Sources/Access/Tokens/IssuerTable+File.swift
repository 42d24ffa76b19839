// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// Why a file that the file of issuers names could not be read.
public struct IssuerFileRefusal: Error, Sendable, Equatable {
    /// In words, without the path.
    public let reason: String

    /// Makes one.
    public init(reason: String) { self.reason = reason }
}

extension IssuerTable {
    /// Reads a file of issuers: a YAML list with one mapping an issuer.
    ///
    /// - Parameters:
    ///   - file: The bytes of the file.
    ///   - read: Gives the bytes of a file that it names.
    /// - Throws: everything that is wrong, with lines and fields; no secret is repeated.
    public convenience init(
        file: [UInt8],
        read: (String) throws(IssuerFileRefusal) -> [UInt8]
    ) throws(AccessFileError) {
        var reading = AccessFileReading()
        var (issuers, files): ([Issuer], [String]) = ([], [])
        var (names, values): ([Name: Int], [Name: Int]) = ([:], [:])
        for entry in try AccessFile.list(file) {
            guard let (issuer, path) = Self.issuer(entry, &reading, read) else { continue }
            if let line = names.updateValue(entry.line, forKey: issuer.terms.name) {
                reading.note(entry.line, "name", "is the one of line \(line); each name stands once")
            }
            if let line = values.updateValue(entry.line, forKey: issuer.terms.issuer) {
                reading.note(entry.line, "issuer", "is the one of line \(line); each issuer stands once")
            }
            issuers.append(issuer)
            files.append(path)
        }
        try reading.end()
        self.init(issuers, files: files)
    }

    private static let fields = [
        "name", "issuer", "audiences", "algorithms", "keys", "secret", "leeway", "principal", "roles",
    ]

    private static func issuer(
        _ entry: AccessFile.Item,
        _ reading: inout AccessFileReading,
        _ read: (String) throws(IssuerFileRefusal) -> [UInt8]
    ) -> (Issuer, path: String)? {
        guard var fields = reading.fields(of: entry, known: fields) else { return nil }
        let name = reading.required(&fields, "name", allowed: AccessName.allowed) { AccessName.read($0) }
        let issuer = reading.required(&fields, "issuer", allowed: "what its tokens have as iss") { text($0) }
        if !fields.has("audiences") {
            reading.note(entry.line, "audiences", "is missing; a token for somebody else would be taken")
        }
        let audiences = reading.list(&fields, "audiences", allowed: "what its tokens have as aud", atLeastOne: true) {
            text($0)
        }
        let leeway = reading.optional(&fields, "leeway", allowed: "0 to 300, in seconds") { seconds($0) }
        let principal = reading.optional(&fields, "principal", allowed: ClaimPointer.allowed) { ClaimPointer($0) }
        let roles = reading.optional(&fields, "roles", allowed: ClaimPointer.allowed) { ClaimPointer($0) }
        guard let source = source(entry, &fields, &reading) else { return nil }
        let algorithms = algorithms(&fields, source.kind, &reading)
        // What is wrong with them was told.
        guard !algorithms.isEmpty, let keys = keys(source, entry, algorithms, &reading, read), let name, let issuer,
            let pointer = principal ?? ClaimPointer("/sub")
        else { return nil }
        let terms = Issuer.Terms(
            name: name,
            issuer: issuer,
            audiences: audiences,
            algorithms: algorithms,
            leeway: leeway ?? 30,
            principal: pointer,
            roles: roles
        )
        return (Issuer(terms, keys), source.path)
    }

    private struct Source {
        let kind: KeySet.Kind
        let path: String
        var field: String { kind == .secrets ? "secret" : "keys" }
    }

    private static func source(
        _ entry: AccessFile.Item,
        _ fields: inout AccessFileReading.Fields,
        _ reading: inout AccessFileReading
    ) -> Source? {
        guard fields.has("keys") != fields.has("secret") else {
            reading.note(
                entry.line,
                nil,
                "an issuer has either keys, a file of a JWK set, or secret, a file of a secret"
            )
            return nil
        }
        let kind: KeySet.Kind = fields.has("secret") ? .secrets : .publicKeys
        let field = kind == .secrets ? "secret" : "keys"
        let path = reading.required(&fields, field, allowed: "the path of a file") { $0.isEmpty ? nil : $0 }
        return path.map { Source(kind: kind, path: $0) }
    }

    /// Algorithms of one kind only: a public key that could be taken for a secret is everybody's secret.
    private static func algorithms(
        _ fields: inout AccessFileReading.Fields,
        _ kind: KeySet.Kind,
        _ reading: inout AccessFileReading
    ) -> Set<SignatureAlgorithm> {
        let possible = kind == .secrets ? SignatureAlgorithm.symmetric : SignatureAlgorithm.asymmetric
        guard fields.has("algorithms") else { return kind == .secrets ? [.hs256] : possible }
        let names = SignatureAlgorithm.allCases.filter(possible.contains).map(\.rawValue).joined(separator: ", ")
        let what = kind == .secrets ? "secret" : "keys"
        let algorithms = reading.list(&fields, "algorithms", allowed: "of \(names) with \(what)", atLeastOne: true) {
            SignatureAlgorithm(rawValue: $0).flatMap { possible.contains($0) ? $0 : nil }
        }
        return Set(algorithms)
    }

    private static func keys(
        _ source: Source,
        _ entry: AccessFile.Item,
        _ algorithms: Set<SignatureAlgorithm>,
        _ reading: inout AccessFileReading,
        _ read: (String) throws(IssuerFileRefusal) -> [UInt8]
    ) -> KeySet? {
        func wrong(_ reason: String) -> KeySet? {
            reading.note(entry.line, source.field, "the file \(source.path) \(reason)")
            return nil
        }
        let bytes: [UInt8]
        do throws(IssuerFileRefusal) { bytes = try read(source.path) } catch { return wrong(error.reason) }
        if source.kind == .secrets, bytes.first != 0x7b { return secret(bytes, algorithms) ?? wrong(shortSecret) }
        do throws(KeySet.Refusal) {
            let keys = try KeySet(json: bytes, source.kind)
            return keys.defects.isEmpty ? keys : wrong(keys.defects.joined(separator: "; "))
        } catch {
            return wrong(error.reason)
        }
    }

    private static let shortSecret = "is shorter than the hash: HS256 needs 32 bytes, HS384 48, HS512 64"

    /// A file of a secret itself, without the end of its line.
    private static func secret(_ bytes: [UInt8], _ algorithms: Set<SignatureAlgorithm>) -> KeySet? {
        let secret = bytes.last == 0x0a ? Array(bytes.dropLast()) : bytes
        guard algorithms.allSatisfy({ $0.secretBytes <= secret.count }) else { return nil }
        return VerificationKey(secret: secret, id: nil, algorithms).map { KeySet([$0]) }
    }

    private static func text(_ text: String) -> Name? {
        (1...1_024).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f } ? Name(text) : nil
    }

    private static func seconds(_ text: String) -> Double? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = Int(text), seconds <= 300 else {
            return nil
        }
        return Double(seconds)
    }
}
