// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What libmicrohttpd is told of a request, in place of the real head: as much as it has to know to answer it.
struct LibraryHead: Equatable {
    /// Whether the answer goes without its body.
    var isHead = false
    /// Whether the client speaks HTTP/1.0, so that a stream to it lasts up to the close of the connection.
    var isHTTP10 = false
    /// Whether the connection is closed after the answer.
    var closes = false

    init() {}

    init(_ line: RequestLine, _ options: ConnectionOptions) {
        isHead = line.isHead
        isHTTP10 = line.isHTTP10
        closes = options.contains(.close) || isHTTP10 && !options.contains(.keepAlive)
    }

    /// The size of the longest one.
    static let maximumBytes = 48

    /// A head with no field that could be left out; the real ones are read by the server itself.
    var text: StaticString {
        switch (isHead, isHTTP10, closes) {
        case (false, false, false): "GET / HTTP/1.1\r\n\r\n"
        case (false, false, true): "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
        case (false, true, true): "GET / HTTP/1.0\r\n\r\n"
        case (false, true, false): "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
        case (true, false, false): "HEAD / HTTP/1.1\r\n\r\n"
        case (true, false, true): "HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n"
        case (true, true, true): "HEAD / HTTP/1.0\r\n\r\n"
        case (true, true, false): "HEAD / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
        }
    }
}
