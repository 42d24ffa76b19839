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
    ///   - fetching: Gets keys that issuers show at an address.
    ///   - earlier: The table before this one, whose keys behind the same addresses go on.
    ///   - read: Gives the bytes of a file that it names.
    /// - Throws: everything that is wrong, with lines and fields; no secret is repeated.
    public convenience init(
        file: [UInt8],
        fetching: KeyFetching? = nil,
        after earlier: IssuerTable? = nil,
        read: (String) throws(IssuerFileRefusal) -> [UInt8]
    ) throws(AccessFileError) {
        var reading = AccessFileReading()
        let known = earlier?.issuers.map(\.keys) ?? []
        var (issuers, files): ([Issuer], [String]) = ([], [])
        var (names, values): ([Name: Int], [Name: Int]) = ([:], [:])
        for entry in try AccessFile.list(file) {
            guard let (issuer, path) = Self.issuer(entry, &reading, fetching, known, read) else { continue }
            if let line = names.updateValue(entry.line, forKey: issuer.terms.name) {
                reading.note(entry.line, "name", "is the one of line \(line); each name stands once")
            }
            if let line = values.updateValue(entry.line, forKey: issuer.terms.issuer) {
                reading.note(entry.line, "issuer", "is the one of line \(line); each issuer stands once")
            }
            issuers.append(issuer)
            if let path { files.append(path) }
        }
        try reading.end()
        self.init(issuers, files: files)
    }

    private static let fields = [
        "name", "issuer", "audiences", "algorithms", "keys", "jwks", "secret", "authorities", "refresh",
        "keep", "leeway", "principal", "roles", "user", "project", "domain",
    ]

    private static func issuer(
        _ entry: AccessFile.Item,
        _ reading: inout AccessFileReading,
        _ fetching: KeyFetching?,
        _ known: [IssuerKeys],
        _ read: (String) throws(IssuerFileRefusal) -> [UInt8]
    ) -> (Issuer, path: String?)? {
        guard var fields = reading.fields(of: entry, known: fields) else { return nil }
        let name = reading.required(&fields, "name", allowed: allowedName) { issuerName($0) }
        if name == CertificateNaming.prefix {
            reading.note(entry.line, "name", "is that of client certificates; choose another")
        }
        let issuer = reading.required(&fields, "issuer", allowed: "what its tokens have as iss") { text($0) }
        if !fields.has("audiences") {
            reading.note(entry.line, "audiences", "is missing; a token for somebody else would be taken")
        }
        let audiences = reading.list(&fields, "audiences", allowed: "what its tokens have as aud", atLeastOne: true) {
            text($0)
        }
        let leeway = reading.optional(&fields, "leeway", allowed: "0 to 300, in seconds") { seconds($0, in: 0...300) }
        let principal = reading.optional(&fields, "principal", allowed: ClaimPointer.allowed) { ClaimPointer($0) }
        let roles = reading.optional(&fields, "roles", allowed: ClaimPointer.allowed) { ClaimPointer($0) }
        let attributes = attributes(&fields, &reading)
        guard let source = source(entry, &fields, fetching, &reading) else { return nil }
        let algorithms = algorithms(&fields, source.kind, &reading)
        // What is wrong with them was told.
        guard !algorithms.isEmpty, let keys = keys(source, entry, algorithms, &reading, fetching, known, read),
            let name, let issuer,
            let pointer = principal ?? ClaimPointer("/sub")
        else { return nil }
        let terms = Issuer.Terms(
            name: name,
            issuer: issuer,
            audiences: audiences,
            algorithms: algorithms,
            leeway: Double(leeway ?? 30),
            principal: pointer,
            roles: roles,
            attributes: attributes
        )
        return (Issuer(terms, keys), source.file)
    }

    private static let allowedName = "\(AccessName.allowed), and not \(TrustedProxy.namespace)"

    /// The name of an issuer, whose principals are not those of a proxy.
    private static func issuerName(_ text: String) -> Name? {
        AccessName.read(text).flatMap { $0 == TrustedProxy.namespace ? nil : $0 }
    }

    private static func attributes(
        _ fields: inout AccessFileReading.Fields,
        _ reading: inout AccessFileReading
    ) -> [PrincipalAttribute: ClaimPointer] {
        var pointers: [PrincipalAttribute: ClaimPointer] = [:]
        for (field, attribute) in PrincipalAttribute.written {
            pointers[attribute] = reading.optional(&fields, field, allowed: ClaimPointer.allowed) { ClaimPointer($0) }
        }
        return pointers
    }

    private enum Source {
        case keys(file: String)
        case secret(file: String)
        case address(KeyAddress)

        var kind: KeySet.Kind { if case .secret = self { .secrets } else { .publicKeys } }
        var file: String? {
            switch self {
            case .keys(let file), .secret(let file): file
            case .address(let address): address.authorities
            }
        }
    }

    private static func source(
        _ entry: AccessFile.Item,
        _ fields: inout AccessFileReading.Fields,
        _ fetching: KeyFetching?,
        _ reading: inout AccessFileReading
    ) -> Source? {
        let named = ["keys", "jwks", "secret"].filter { fields.has($0) }
        guard named.count == 1, let field = named.first else {
            let what = "keys, a file of a JWK set, jwks, the address of one, or secret, a file of a secret"
            reading.note(entry.line, nil, "an issuer has one of \(what)")
            return nil
        }
        if field == "jwks" { return address(&fields, fetching, &reading).map { .address($0) } }
        for other in ["authorities", "refresh", "keep"] where fields.has(other) {
            reading.note(entry.line, other, "has a meaning with jwks only")
        }
        let path = reading.required(&fields, field, allowed: "the path of a file") { $0.isEmpty ? nil : $0 }
        return path.map { field == "secret" ? .secret(file: $0) : .keys(file: $0) }
    }

    private static func address(
        _ fields: inout AccessFileReading.Fields,
        _ fetching: KeyFetching?,
        _ reading: inout AccessFileReading
    ) -> KeyAddress? {
        let allowed = fetching?.allowed ?? "left out: nothing is got from addresses here"
        let url = reading.required(&fields, "jwks", allowed: allowed) { fetching?.isAddress($0) ?? false ? $0 : nil }
        let refresh = reading.optional(&fields, "refresh", allowed: "60 to 86400, in seconds") {
            seconds($0, in: 60...86_400)
        }
        let keep = reading.optional(&fields, "keep", allowed: "60 to 2592000, in seconds") {
            seconds($0, in: 60...2_592_000)
        }
        let path = reading.optional(&fields, "authorities", allowed: "the path of a file") { $0.isEmpty ? nil : $0 }
        guard let url else { return nil }
        return KeyAddress(
            url: url,
            authorities: path,
            refresh: .seconds(refresh ?? 600),
            keep: .seconds(keep ?? 86_400)
        )
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
        _ fetching: KeyFetching?,
        _ known: [IssuerKeys],
        _ read: (String) throws(IssuerFileRefusal) -> [UInt8]
    ) -> IssuerKeys? {
        do throws(IssuerFileRefusal) {
            switch source {
            case .keys(let file): return IssuerKeys(try set(try read(file), .publicKeys))
            case .secret(let file):
                let bytes = try read(file)
                return IssuerKeys(try bytes.first == 0x7b ? set(bytes, .secrets) : secret(bytes, algorithms))
            case .address(let address):
                if let file = address.authorities { _ = try read(file) }
                return known.first { $0.address == address } ?? fetching.map { IssuerKeys(address, $0) }
            }
        } catch {
            let field =
                switch source {
                case .keys: "keys"
                case .secret: "secret"
                case .address: "authorities"
                }
            reading.note(entry.line, field, "the file \(source.file ?? "") \(error.reason)")
            return nil
        }
    }

    /// The keys of a file, in which nothing may be defective.
    private static func set(_ bytes: [UInt8], _ kind: KeySet.Kind) throws(IssuerFileRefusal) -> KeySet {
        let set: KeySet
        do throws(KeySet.Refusal) {
            set = try KeySet(json: bytes, kind)
        } catch {
            throw IssuerFileRefusal(reason: error.reason)
        }
        guard set.defects.isEmpty else {
            throw IssuerFileRefusal(reason: "has defects: " + set.defects.joined(separator: "; "))
        }
        return set
    }

    private static let shortSecret = "is shorter than the hash: HS256 needs 32 bytes, HS384 48, HS512 64"

    /// A file of a secret itself, without the end of its line.
    private static func secret(
        _ bytes: [UInt8],
        _ algorithms: Set<SignatureAlgorithm>
    ) throws(IssuerFileRefusal) -> KeySet {
        let secret = bytes.last == 0x0a ? Array(bytes.dropLast()) : bytes
        guard algorithms.allSatisfy({ $0.secretBytes <= secret.count }),
            let key = VerificationKey(secret: secret, id: nil, algorithms)
        else { throw IssuerFileRefusal(reason: shortSecret) }
        return KeySet([key])
    }

    private static func text(_ text: String) -> Name? {
        (1...1_024).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f } ? Name(text) : nil
    }

    private static func seconds(_ text: String, in range: ClosedRange<Int>) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = Int(text) else {
            return nil
        }
        return range.contains(seconds) ? seconds : nil
    }
}
