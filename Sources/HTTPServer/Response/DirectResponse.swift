// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc

/// An answer written straight to a socket, for the moments when libmicrohttpd takes none.
///
/// All of them come before a request is complete: it comes too slowly, its connection makes room for another or was
/// never admitted, or the server stops. Nothing else is being sent then, since a request is read only after the
/// previous answer has gone, so the bytes cannot fall between others.
enum DirectResponse {
    /// Sends what a fresh send buffer takes in one go; a connection that cannot take it gets no answer.
    static func send(_ response: HTTPResponse, to descriptor: Int32) {
        let bytes = serialize(response, withBody: true, date: HTTPDate.now())
        _ = bytes.withUnsafeBytes {
            sendto(descriptor, $0.baseAddress, $0.count, SocketWrites.flags, nil, 0)
        }
    }

    static func serialize(_ response: HTTPResponse, withBody: Bool, date: String) -> [UInt8] {
        var head = Array("HTTP/1.1 \(response.status) \(HeadRules.phrase(response.status))\r\n".utf8)
        head += "Date: \(date)\r\nConnection: close\r\n".utf8
        head += response.fields.head
        head += "Content-Length: \(response.body.count)\r\n\r\n".utf8
        return withBody ? head + response.body : head
    }
}

/// The date format of RFC 9110, section 5.6.7.
enum HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    static func now() -> String { text(time(nil)) }

    static func text(_ seconds: time_t) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let clock = "\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))"
        let month = months[Int(parts.tm_mon)]
        return "\(days[Int(parts.tm_wday)]), \(padded(parts.tm_mday)) \(month) \(parts.tm_year + 1_900) \(clock) GMT"
    }

    private static func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
