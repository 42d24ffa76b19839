// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

/// Somewhere to listen: `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`, `unix:/run/gateway.sock`, `systemd`, `fd:NAME`.
enum ListenAddress: Sendable, Hashable {
    /// A port of TCP, which the kernel chooses where it is 0; the host without the brackets of an IPv6 address.
    case tcp(host: String, port: Int)
    /// A Unix socket, by its absolute path.
    case unix(path: String)
    /// The sockets that the process is started with: those of a name, or all that no other address names.
    case started(name: String?)

    static let allowed =
        "HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080, unix:/PATH, systemd or fd:NAME; several with commas between them"

    /// Reads an address; nil when it has none of the forms.
    init?(_ text: String) {
        if text == "systemd" {
            self = .started(name: nil)
        } else if text.hasPrefix("fd:") {
            let name = String(text.dropFirst(3))
            guard Self.isDescriptorName(name) else { return nil }
            self = .started(name: name)
        } else if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard Self.isSocketPath(path) else { return nil }
            self = .unix(path: path)
        } else {
            guard let address = Self.tcp(text) else { return nil }
            self = address
        }
    }

    var text: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        case .started(nil): "systemd"
        case .started(let name?): "fd:\(name)"
        }
    }

    /// Whether only this machine can reach the address, as far as it says so itself.
    var isLocal: Bool {
        switch self {
        case .tcp(let host, _):
            host == "localhost" || host == "::1"
                || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." })
        case .unix: true
        case .started: false
        }
    }

    /// Whether others than this machine can reach it; of what the process is started with that shows at the start.
    var isOpenToOthers: Bool {
        if case .tcp = self { !isLocal } else { false }
    }
}

extension ListenAddress {
    private static func tcp(_ text: String) -> ListenAddress? {
        guard let colon = text.lastIndex(of: ":"),
            let port = WholeNumber.parse(String(text[text.index(after: colon)...])), (0...65_535).contains(port)
        else { return nil }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            let inner = String(host.dropFirst().dropLast())
            return isIPv6(inner) ? .tcp(host: inner, port: port) : nil
        }
        return isName(String(host)) ? .tcp(host: String(host), port: port) : nil
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

    /// Absolute, since nobody should have to know in which directory the gateway was started, and of the length that the
    /// kernel has room for.
    private static func isSocketPath(_ path: String) -> Bool {
        path.hasPrefix("/") && !path.hasSuffix("/") && path.utf8.count <= HTTPListener.longestPath
            && path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }

    /// What `FileDescriptorName=` of a unit allows.
    private static func isDescriptorName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x3a }
    }
}

/// Addresses with commas between them.
enum ListenAddresses {
    /// Reads a list; nil when one of them is none or stands there twice, or when there are too many.
    static func parse(_ text: String) -> [ListenAddress]? {
        let parts = parts(of: text)
        let addresses = parts.compactMap { ListenAddress($0) }
        let free = addresses.filter { if case .tcp(_, 0) = $0 { false } else { true } }
        guard addresses.count == parts.count, parts.count <= HTTPServerConfiguration.mostListeners,
            Set(free).count == free.count
        else { return nil }
        return addresses
    }

    static func text(_ addresses: [ListenAddress]) -> String { addresses.map(\.text).joined(separator: ", ") }

    /// Says more about what is wrong with a list.
    static func explain(_ text: String) -> String? {
        let parts = parts(of: text)
        for part in parts where ListenAddress(part) == nil {
            guard part.hasPrefix("unix:") else { return "\"\(part)\" is none" }
            let count = part.utf8.count - 5
            guard count > HTTPListener.longestPath else { return "\"\(part)\" is no absolute path of a file" }
            return "a path of \(count) bytes is too long for a socket, \(HTTPListener.longestPath) is the most"
        }
        guard parts.count <= HTTPServerConfiguration.mostListeners else {
            return "\(HTTPServerConfiguration.mostListeners) at the most"
        }
        return "one of them stands there twice"
    }

    private static func parts(of text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { HostList.withoutSpaces($0) }
    }
}

/// The permission bits of a Unix socket, in octal.
enum SocketMode {
    static let allowed = "permission bits in octal, such as 0660 or 0600"

    static func parse(_ text: String) -> UInt32? {
        guard (3...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
            let mode = UInt32(text, radix: 8), mode <= 0o777
        else { return nil }
        return mode
    }

    static func text(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
