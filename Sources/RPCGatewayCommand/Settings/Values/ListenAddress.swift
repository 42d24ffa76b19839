// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

/// A host and a port to listen on: `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`.
struct ListenAddress: Sendable, Equatable {
    /// Without the brackets of an IPv6 address.
    var host: String
    /// 0 lets the kernel choose a free one.
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`; nil when it is not of that form.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = WholeNumber.parse(String(text[text.index(after: colon)...])), (0...65_535).contains(port)
        else { return nil }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            self.host = String(host.dropFirst().dropLast())
            guard Self.isIPv6(self.host) else { return nil }
        } else {
            self.host = String(host)
            guard Self.isName(self.host) else { return nil }
        }
        self.port = port
    }

    var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether only this machine can reach the address.
    var isLoopback: Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." })
    }

    static func isIPv6(_ host: String) -> Bool {
        host.contains(":") && host.allSatisfy { $0.isASCII && $0.isHexDigit || $0 == ":" || $0 == "." }
    }

    static func isName(_ host: String) -> Bool {
        !host.isEmpty
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension HTTPServerConfiguration {
    /// Host and port together, as the settings write them.
    var listen: ListenAddress {
        get { ListenAddress(host: host, port: Int(port)) }
        set {
            host = newValue.host
            port = UInt16(newValue.port)
        }
    }

    /// The hosts that are answered for besides those that the address gives.
    var answeredHosts: [String] {
        get { hosts ?? [] }
        set { hosts = newValue }
    }
}
