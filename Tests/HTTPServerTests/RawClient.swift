// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A blocking loopback socket whose every wait ends after five seconds.
struct RawClient {
    static let limitSeconds = 5
    let descriptor: Int32

    /// Connects from an address of this machine.
    init(port: UInt16, from source: UInt32 = 0x7F00_0001) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: Self.limitSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        try Self.bind(descriptor, to: source)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw RawClientError(errno: errno) }
    }

    /// Connects to a Unix socket.
    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: Self.limitSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw RawClientError(errno: errno) }
    }

    private static func bind(_ descriptor: Int32, to source: UInt32) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = source.bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw RawClientError(errno: errno) }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                // 0x4000 is MSG_NOSIGNAL: the server may have closed already.
                Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, 0x4000)
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }
    func close() { Glibc.close(descriptor) }

    /// Some bytes; empty at the end, nil when none came in time.
    func receive(atMost limit: Int = 65_536) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 { return errno == EAGAIN ? nil : [] }
        return Array(buffer.prefix(count))
    }

    /// Everything up to a text; nil when it does not come in time.
    func receive(upTo end: String) -> String? {
        var all = ""
        while let some = receive() {
            all += String(decoding: some, as: UTF8.self)
            // Bytes, as Swift takes a line feed after a carriage return for one character.
            if all.utf8.suffix(end.utf8.count).elementsEqual(end.utf8) { return all }
            if some.isEmpty { return nil }
        }
        return nil
    }

    /// Closes with a reset instead of an end.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    /// Everything until the server ends the connection; nil when it does not in time.
    func receiveToEnd() -> String? {
        var all: [UInt8] = []
        while let some = receive() {
            if some.isEmpty { return String(decoding: all, as: UTF8.self) }
            all += some
        }
        return nil
    }

    /// One answer with its body; nil when it does not come whole in time.
    func receiveAnswer(isToHead: Bool = false) -> Answer? {
        var all: [UInt8] = []
        while true {
            if let answer = Answer(all, isToHead: isToHead) { return answer }
            guard let some = receive(), !some.isEmpty else { return nil }
            all += some
        }
    }
}

struct RawClientError: Error {
    var errno: Int32
}

/// An answer as a client reads it.
struct Answer {
    var status: Int
    var head: String
    var body: String

    init?(_ bytes: [UInt8], isToHead: Bool = false) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = Self.position(of: "\r\n\r\n", in: bytes) else { return nil }
        head = String(decoding: bytes[..<end], as: UTF8.self)
        guard let status = Int(text.dropFirst(9).prefix(3)) else { return nil }
        self.status = status
        let rest = bytes[(end + 4)...]
        let length = isToHead || status == 100 ? 0 : Int(Self.field("content-length", head) ?? "0") ?? 0
        guard rest.count >= length else { return nil }
        body = String(decoding: rest.prefix(length), as: UTF8.self)
    }

    func field(_ name: String) -> String? { Self.field(name, head) }

    private static func field(_ name: String, _ head: String) -> String? {
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix(name + ": ") {
            return String(line.dropFirst(name.count + 2))
        }
        return nil
    }

    private static func position(of text: String, in bytes: [UInt8]) -> Int? {
        let pattern = Array(text.utf8)
        guard bytes.count >= pattern.count else { return nil }
        return (0...(bytes.count - pattern.count)).first { bytes[$0..<($0 + pattern.count)].elementsEqual(pattern) }
    }
}
