// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// One of the places where a server listens.
public struct HTTPListener: Sendable, Equatable {
    /// Where it is.
    public enum Place: Sendable, Equatable {
        /// A port of TCP; 0 takes a free one, see `HTTPServer.boundAddresses`.
        ///
        /// The host is a numeric IPv4 or IPv6 address, or a name that resolves to one; IPv6 without brackets.
        case tcp(host: String, port: UInt16)
        /// A Unix socket: a file at an absolute path of 107 bytes at most, which the server makes with these permission
        /// bits and removes at its end.
        ///
        /// One that a server left behind is replaced; one where somebody listens, or of another user, is not.
        case unix(path: String, mode: UInt32)
        /// A socket that listens already, which the process was started with; the server takes the descriptor over.
        case inherited(descriptor: Int32)
    }

    /// Where it is.
    public var place: Place

    /// A listener at a place.
    public init(_ place: Place) { self.place = place }

    /// The longest path of a Unix socket, in bytes.
    public static let longestPath = UnixAddress.longestPath

    /// A listener on a port of TCP.
    public static func tcp(_ host: String = "127.0.0.1", port: UInt16) -> HTTPListener {
        HTTPListener(.tcp(host: host, port: port))
    }
}

/// An address that a server listens on, as the kernel has it.
public enum BoundAddress: Sendable, Equatable, CustomStringConvertible {
    /// A numeric address, IPv6 without brackets, and a port.
    case tcp(host: String, port: UInt16)
    /// A Unix socket; the path is empty where it has none.
    case unix(path: String)

    /// Whether only this machine can reach it.
    public var isLocal: Bool {
        switch self {
        case .tcp(let host, _): host == "::1" || host.hasPrefix("127.")
        case .unix: true
        }
    }

    /// As people write it: `http://127.0.0.1:8080`, `http://[::1]:8080`, `unix:/run/gateway.sock`.
    public var description: String { text(overTLS: false) }

    /// The same, with `https` where a server speaks TLS; on Unix sockets none does.
    public func text(overTLS isSecure: Bool) -> String {
        switch self {
        case .tcp(let host, let port):
            "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
