// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// An answer.
///
/// The server adds Date, Content-Length and Connection. A field whose name or value could not stand on a header line is
/// left out and noted in the log. The body is sent from the memory it is in, without a copy. Its
/// head has to fit into `HTTPServerConfiguration.maximumResponseHeadBytes`.
public struct HTTPResponse: Sendable {
    /// The status code, 200 to 599; any other is sent as 500.
    public var status: Int
    /// The header fields, in the order they are sent.
    public var fields: ResponseFields
    /// The body; a HEAD request gets its length only.
    public var body: ArraySlice<UInt8>
    /// Whether the connection is closed after this answer.
    public var closesConnection: Bool
    /// What belongs to the body. One word, so that it costs a plain answer next to nothing.
    private var companion = Companion.none

    private enum Companion: Sendable {
        case none
        case stream(ResponseStream)
        case kept(any AnyObject & Sendable)
    }

    /// What writes the body, in place of `body`.
    var stream: ResponseStream? {
        get { if case .stream(let stream) = companion { stream } else { nil } }
        set { companion = newValue.map { .stream($0) } ?? .none }
    }

    /// What lives as long as the body, where the body is no stream.
    var kept: (any AnyObject & Sendable)? { if case .kept(let object) = companion { object } else { nil } }

    /// An answer with the given parts.
    public init(
        status: Int,
        fields: ResponseFields,
        body: ArraySlice<UInt8> = [],
        closesConnection: Bool = false
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.closesConnection = closesConnection
    }

    /// Keeps an object until the body has been written, or will never be: such as one that counts the memory that a
    /// body takes while its client reads it.
    public mutating func keep(_ object: any AnyObject & Sendable) { companion = .kept(object) }

    /// An answer with the given parts, its fields as a list.
    public init(
        status: Int,
        fields: [(name: String, value: String)] = [],
        body: ArraySlice<UInt8> = [],
        closesConnection: Bool = false
    ) {
        self.init(status: status, fields: ResponseFields(fields), body: body, closesConnection: closesConnection)
    }
}
