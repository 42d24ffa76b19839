// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Whom a trusted proxy has named lately, by all that it said and by who said it.
///
/// Whom it has not named is not kept, so that nobody else can push them out. They end with the authenticator that they belong to,
/// and so with the addresses that it believes.
final class ProxyPrincipals: Sendable {
    private let known = Guarded(RecentlyUsed<KeyDigest, Principal>(capacity: 4_096))

    /// Whom a request's fields name, as it was found out before or as it is now.
    func principal(
        _ credentials: Credentials,
        now: Int64,
        _ find: () throws(AuthenticationError) -> Principal?
    ) throws(AuthenticationError) -> Principal? {
        // That of a proxy shows it until its end.
        if let certificate = credentials.certificate, now >= certificate.end { return try find() }
        let digest = Self.digest(credentials)
        if let principal = known.withLock({ $0.use(digest) }) { return principal }
        guard let principal = try find() else { return nil }
        known.withLock { $0.insert(digest, principal) }
        return principal
    }

    /// Nothing that is said in two ways has the same digest: every part stands behind its length.
    private static func digest(_ credentials: Credentials) -> KeyDigest {
        var said: [UInt8] = []
        said.reserveCapacity(512)
        append(credentials.peer.utf8, to: &said)
        // Its address stays its own: who is known by it keeps it as what proved them.
        append(number: credentials.certificate.map { UInt(bitPattern: ObjectIdentifier($0)) } ?? 0, to: &said)
        for (name, value) in credentials.ofProxy {
            guard case .once(let bytes) = value else {
                append(number: .max, to: &said)
                continue
            }
            append(name.utf8, to: &said)
            append(bytes, to: &said)
        }
        return KeyDigest(of: said[...])
    }

    private static func append(_ part: some Collection<UInt8>, to said: inout [UInt8]) {
        append(number: UInt(part.count), to: &said)
        said.append(contentsOf: part)
    }

    private static func append(number: UInt, to said: inout [UInt8]) {
        for shift in stride(from: 0, to: UInt.bitWidth, by: 8) {
            said.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
