// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Compression
internal import Messaging
internal import Names

/// Bodies compressed as kombu does it: the header `compression` names the format, the content type stays JSON.
enum BodyCompression {
    /// The header of a compressed body.
    static let header = "compression"
    /// The name that kombu writes for `gzip`, whose data is that of zlib (RFC 1950).
    static let gzip = "application/x-gzip"

    /// The names that kombu's readers take for it.
    private static let zlibNames: Set<Name> = [Name(gzip), "gzip", "zlib"]
    private static let bzip2Names: Set<Name> = ["application/x-bz2", "bzip2", "bzip"]

    /// The body of a delivery as it was before compression.
    ///
    /// - Throws: the reason why it cannot be read; the call it answers cannot be known then.
    static func decompressed(_ delivery: Delivery, maximumBytes: Int) throws(ReplyEnvelopeError) -> [UInt8] {
        guard let entry = delivery.properties.headers?.entries.first(where: { $0.key.isSame(as: header) }) else {
            return delivery.body
        }
        guard case .string(let name) = entry.value, zlibNames.contains(Name(name)) || bzip2Names.contains(Name(name))
        else {
            throw ReplyEnvelopeError(.compression, reason: "its compression is not known", salvagedFrom: [])
        }
        do throws(Zlib.Failure) {
            guard bzip2Names.contains(Name(name)) else {
                return try Zlib.decompress(delivery.body, maximumBytes: maximumBytes)
            }
            return try Bzip2.decompress(delivery.body, maximumBytes: maximumBytes)
        } catch {
            let what = error == .tooLarge ? "more than \(maximumBytes) bytes uncompressed" : "damaged compressed data"
            let kind = error == .tooLarge ? ReplyEnvelopeError.Kind.tooLarge : .compression
            throw ReplyEnvelopeError(kind, reason: "it holds \(what)", salvagedFrom: [])
        }
    }
}
