// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Compression
internal import Messaging
internal import Names

/// Bodies compressed as kombu does it: the header `compression` names the format, the content type stays JSON.
enum BodyCompression {
    enum Format: Sendable {
        case zlib, bzip2
    }

    /// The header of a compressed body.
    static let header = "compression"
    /// The name that kombu writes for `gzip`, whose data is that of zlib (RFC 1950).
    static let gzip = "application/x-gzip"
    /// The most bytes, before and after, that are inflated at once on a loop: a fraction of a millisecond's work.
    static let shortBytes = 64 << 10

    /// The names that kombu's readers take for it.
    private static let zlibNames: Set<Name> = [Name(gzip), "gzip", "zlib"]
    private static let bzip2Names: Set<Name> = ["application/x-bz2", "bzip2", "bzip"]

    /// How the body of a delivery is compressed; nil when it is not.
    ///
    /// - Throws: when it is in a format that nobody here knows.
    static func format(of delivery: Delivery) throws(ReplyEnvelopeError) -> Format? {
        guard let entry = delivery.properties.headers?.entries.first(where: { $0.key.isSame(as: header) }) else {
            return nil
        }
        if case .string(let name) = entry.value {
            if zlibNames.contains(Name(name)) { return .zlib }
            if bzip2Names.contains(Name(name)) { return .bzip2 }
        }
        throw ReplyEnvelopeError(.compression, reason: "its compression is not known", salvagedFrom: [])
    }

    /// The body as it was before compression.
    ///
    /// - Throws: the reason why it cannot be read; which call it answers is unknown then.
    static func inflate(
        _ body: [UInt8],
        _ format: Format,
        maximumBytes: Int
    ) throws(ReplyEnvelopeError) -> [UInt8] {
        do throws(Zlib.Failure) {
            return try run(body, format, maximumBytes)
        } catch {
            let what = error == .tooLarge ? "more than \(maximumBytes) bytes uncompressed" : "damaged compressed data"
            let kind = error == .tooLarge ? ReplyEnvelopeError.Kind.tooLarge : .compression
            throw ReplyEnvelopeError(kind, reason: "it holds \(what)", salvagedFrom: [])
        }
    }

    /// The same for a body that is short before and after; nil for any other, which must not hold up a loop.
    static func inflateIfShort(
        _ body: [UInt8],
        _ format: Format,
        maximumBytes: Int
    ) throws(ReplyEnvelopeError) -> [UInt8]? {
        // A bzip2 block has up to 900 kB and is inflated in one go, however little is asked for.
        guard format == .zlib, body.count <= shortBytes else { return nil }
        do throws(ReplyEnvelopeError) {
            return try inflate(body, format, maximumBytes: min(shortBytes, maximumBytes))
        } catch {
            guard error.kind == .tooLarge, maximumBytes > shortBytes else { throw error }
            return nil
        }
    }

    private static func run(_ body: [UInt8], _ format: Format, _ maximumBytes: Int) throws(Zlib.Failure) -> [UInt8] {
        switch format {
        case .zlib: try Zlib.decompress(body, maximumBytes: maximumBytes)
        case .bzip2: try Bzip2.decompress(body, maximumBytes: maximumBytes)
        }
    }
}
