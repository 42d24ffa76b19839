// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CCurl

/// An address from which something may be got: `https`, or `http` on a loopback address.
public struct WebAddress: Sendable, Hashable, CustomStringConvertible {
    /// The address, as it was written.
    public let text: String
    let scheme: String
    /// Whether it is on this machine, to which no proxy leads.
    let isLocal: Bool

    /// What `init(_:)` reads, for people.
    public static let allowed =
        "an address that begins with https://, or with http:// and localhost, 127.0.0.1 or [::1]"

    /// Reads an address; nil for any other text, and for one with a user.
    public init?(_ text: String) {
        guard text.utf8.count <= 2_048, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x5c }) else {
            return nil
        }
        guard let scheme = ["https", "http"].first(where: { text.utf8.starts(with: "\($0)://".utf8) }) else {
            return nil
        }
        let authority = text.utf8.dropFirst(scheme.utf8.count + 3).prefix { ![0x2f, 0x3f, 0x23].contains($0) }
        guard !authority.isEmpty, !authority.contains(0x40) else { return nil }
        isLocal = Self.isLoopback(String(Substring(authority)))
        guard scheme == "https" || isLocal else { return nil }
        self.text = text
        self.scheme = scheme
    }

    private static func isLoopback(_ authority: String) -> Bool {
        ["localhost", "127.0.0.1", "[::1]"].contains { host in
            guard authority.utf8.starts(with: host.utf8) else { return false }
            let rest = authority.utf8.dropFirst(host.utf8.count)
            return rest.isEmpty || (rest.first == 0x3a && rest.dropFirst().allSatisfy { (0x30...0x39).contains($0) })
        }
    }

    /// The address.
    public var description: String { text }
}

/// Why something could not be got.
public struct WebFetchFailure: Error, Sendable, Equatable {
    /// In words, without the address.
    public let reason: String
}

/// Gets small things from the web.
public enum WebFetch {
    /// The most bytes that are taken.
    public static let maximumBytes = 256 << 10
    private static let connectMilliseconds = 5_000
    private static let wholeMilliseconds = 10_000

    private static let isReady = ccurl_begin() == 0

    /// The bytes behind an address: waits for them, 10 seconds at the most, so that it is for a thread that has nothing else to do.
    ///
    /// The server's certificate has to be of the host and of an authority, over TLS 1.2 at the least. Redirects are not followed.
    ///
    /// - Parameter authorities: The file of the authorities; the system's unless given.
    public static func get(_ address: WebAddress, authorities: String? = nil) throws(WebFetchFailure) -> [UInt8] {
        guard isReady else { throw WebFetchFailure(reason: "libcurl cannot be used") }
        var bytes = [UInt8](repeating: 0, count: maximumBytes)
        var text = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        var (status, count) = (0, 0)
        // Both buffers outlive the call, which knows the length of one and is promised that of the other.
        let code = bytes.withUnsafeMutableBufferPointer { bytes in
            var body = ccurl_body(bytes: bytes.baseAddress, count: 0, capacity: bytes.count)
            defer { count = body.count }
            return ccurl_get(
                address.text,
                address.scheme,
                authorities,
                address.isLocal ? "*" : nil,
                connectMilliseconds,
                wholeMilliseconds,
                &body,
                &status,
                &text
            )
        }
        guard code == CURLE_OK else { throw WebFetchFailure(reason: reason(code, text)) }
        guard status == 200 else { throw WebFetchFailure(reason: "the answer has status \(status)") }
        return Array(bytes[..<count])
    }

    private static func reason(_ code: CURLcode, _ text: [CChar]) -> String {
        guard code != CURLE_WRITE_ERROR, code != CURLE_FILESIZE_EXCEEDED else {
            return "the answer has more than \(maximumBytes) bytes"
        }
        let said = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The library's texts live as long as the program.
        return said.isEmpty ? String(cString: curl_easy_strerror(code)) : said
    }
}
