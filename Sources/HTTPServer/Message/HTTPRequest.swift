// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A request that has arrived completely.
public struct HTTPRequest: Sendable {
    /// What came before the body.
    public var head: RequestHead
    /// The body with any chunked coding taken off; empty when there was none.
    public var body: [UInt8]

    /// A request made by hand, for tests and for callers without a socket.
    public init(head: RequestHead, body: [UInt8] = []) {
        self.head = head
        self.body = body
    }
}

/// Everything a request says before its body.
public struct RequestHead: Sendable {
    /// The method as it was sent; methods are case-sensitive.
    public var method: String
    /// The path as it was sent: not percent-decoded, without the query. It begins with `/`, or is `*` for `OPTIONS *`.
    public var path: [UInt8]
    /// What follows the first `?`, not decoded; nil without a `?`.
    public var query: [UInt8]?
    /// The header fields.
    public var fields: RequestFields
    /// Where it came from.
    public var peer: Peer

    /// A head made by hand, for tests and for callers without a socket.
    public init(
        method: String,
        path: [UInt8],
        query: [UInt8]? = nil,
        fields: RequestFields = RequestFields(),
        remoteAddress: String = "",
        entrance: Entrance = .ordinary,
        clientCertificate: ClientCertificate? = nil
    ) {
        let peer = Peer(address: remoteAddress, entrance: entrance, certificate: clientCertificate)
        self.init(method: method, path: path, query: query, fields: fields, peer: peer)
    }

    init(method: String, path: [UInt8], query: [UInt8]?, fields: RequestFields, peer: Peer) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.peer = peer
    }

    /// The numeric address of the peer, without its port; of the peer of a Unix socket `unix:` and the number of its user. Of
    /// the client behind it, once whoever answers believes the peer.
    public var remoteAddress: String { peer.address }
    /// The same of the peer, where `remoteAddress` is that of a client behind it.
    public var proxyAddress: String? { peer.proxyAddress }
    /// Which of a program's servers it came by.
    public var entrance: Entrance { peer.entrance }
    /// The certificate that the client has proved to be its own; nil without one.
    public var clientCertificate: ClientCertificate? { peer.certificate }

    /// Takes the request for that of a client behind the peer.
    public mutating func locate(at client: String) {
        peer = Peer(
            address: client,
            proxyAddress: peer.address,
            entrance: peer.entrance,
            certificate: peer.certificate
        )
    }
}

/// Where requests come from: one reference, as nearly all requests of a connection have the same.
public final class Peer: Sendable {
    let address: String
    let proxyAddress: String?
    let entrance: Entrance
    let certificate: ClientCertificate?

    init(
        address: String,
        proxyAddress: String? = nil,
        entrance: Entrance,
        certificate: ClientCertificate? = nil
    ) {
        self.address = address
        self.proxyAddress = proxyAddress
        self.entrance = entrance
        self.certificate = certificate
    }
}

/// Which of a program's servers a request came by, for a handler that several of them share.
public enum Entrance: Sendable, Equatable {
    /// One for everybody's requests.
    case ordinary
    /// One for those who run the program.
    case administrative
}
