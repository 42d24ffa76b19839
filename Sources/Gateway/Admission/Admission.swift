// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Threads

/// Lets requests in: finds out who each is from, and whether that client may send one now.
final class Admission: Sendable {
    /// What is known at once.
    enum Look {
        /// The request, with who it is from; without, where it is one that everybody may send.
        case known(Exchange)
        /// A token has to be proved first.
        case unproved(UnprovedToken)
    }

    typealias Completion = @Sendable (Result<Exchange, Problem>) -> Void

    private let core: GatewayCore
    private let proofs = TokenProofs()

    init(_ core: GatewayCore) { self.core = core }

    /// A request with the address that it came from, which may be the word of a proxy.
    func locate(_ exchange: Exchange, _ access: AccessControl) throws(Problem) -> Exchange {
        guard let proxy = access.authenticator.proxy else { return exchange }
        var request = exchange.request
        request.head = try locate(request.head, exchange.identity, proxy, access, countsIn: true)
        return Exchange(request: request, identity: exchange.identity, sink: exchange.sink, caller: exchange.caller)
    }

    private func locate(
        _ head: RequestHead,
        _ identity: RequestIdentity,
        _ proxy: TrustedProxy,
        _ access: AccessControl,
        countsIn: Bool
    ) throws(Problem) -> RequestHead {
        var head = head
        do throws(AuthenticationError) {
            try head.locate(behind: proxy, now: access.now)
        } catch {
            throw turnAway(error, head, identity, countsIn: countsIn)
        }
        return head
    }

    /// Who a request is from, as far as that shows at once; its client is within the limits then.
    func look(_ exchange: Exchange, _ access: AccessControl) throws(Problem) -> Look {
        switch try find(exchange.request.head, exchange.identity, access, countsIn: true) {
        case nil: .known(exchange)
        case .principal(let principal)?: .known(try letIn(principal, exchange, access))
        case .unproved(let token)?: .unproved(token)
        }
    }

    /// Finds out who a request is from by proving its token; the completion runs on the loop that this is called on.
    ///
    /// - Throws: `overloaded` where too many wait already; the completion does not run then.
    func prove(
        _ token: UnprovedToken,
        _ exchange: Exchange,
        _ access: AccessControl,
        _ completion: @escaping Completion
    ) throws(Problem) {
        let loop = EventLoop.current
        try proofs.prove(token, access, of: Holder(address: exchange.request.head.remoteAddress)) { [self] proof in
            guard let loop else { return completion(judge(proof, exchange, access)) }
            loop.execute { [self] in completion(judge(proof, exchange, access)) }
        }
    }

    /// Finds out on the head alone whether a request is let in; it counts when it is answered.
    func check(_ head: RequestHead, _ identity: RequestIdentity, _ access: AccessControl) throws(Problem) {
        var head = head
        if let proxy = access.authenticator.proxy {
            head = try locate(head, identity, proxy, access, countsIn: false)
        }
        let principal: Principal
        switch try find(head, identity, access, countsIn: false) {
        case nil: return
        case .principal(let known)?: principal = known
        case .unproved(let token)?:
            switch try proofs.proveAtOnce(token, access, of: Holder(address: head.remoteAddress)) {
            case .success(let proved): principal = proved
            case .failure(let error): throw turnAway(error, head, identity, countsIn: false)
            }
        }
        _ = try core.clients.place(of: principal, head, countsIn: false)
    }

    /// Who a request is from, as far as that shows at once; nil for probes, which everybody may ask.
    ///
    /// - Parameter countsIn: whether the request of a stranger counts among those of their address, once.
    private func find(
        _ head: RequestHead,
        _ identity: RequestIdentity,
        _ access: AccessControl,
        countsIn: Bool
    ) throws(Problem) -> Finding? {
        guard !Caller.isNeedless(at: head.path) else { return nil }
        do throws(AuthenticationError) {
            if access.asks { try Caller.checkPlaces(head) }
            return try access.look(Credentials(head, access.authenticator.proxy))
        } catch {
            throw turnAway(error, head, identity, countsIn: countsIn)
        }
    }

    private func judge(
        _ proof: Result<Principal, AuthenticationError>,
        _ exchange: Exchange,
        _ access: AccessControl
    ) -> Result<Exchange, Problem> {
        Result { () throws(Problem) in
            switch proof {
            case .success(let principal): return try letIn(principal, exchange, access)
            case .failure(let error):
                throw turnAway(error, exchange.request.head, exchange.identity, countsIn: true)
            }
        }
    }

    /// A request whose principal is known, within the limits of that client.
    private func letIn(
        _ principal: Principal,
        _ exchange: Exchange,
        _ access: AccessControl
    ) throws(Problem) -> Exchange {
        var exchange = exchange
        let place = try core.clients.place(of: principal, exchange.request.head, countsIn: true)
        exchange.caller = Caller(principal, access, exchange.request.head, place)
        if let place { exchange.sink.add(place.fields) }
        return exchange
    }

    /// What a stranger is told, who is limited as anonymous clients are: by the address.
    private func turnAway(
        _ error: AuthenticationError,
        _ head: RequestHead,
        _ identity: RequestIdentity,
        countsIn: Bool
    ) -> Problem {
        core.noteStranger(error, head, identity)
        do throws(Problem) {
            _ = try core.clients.place(of: nil, head, countsIn: countsIn, stays: false)
        } catch {
            return error
        }
        return Problem(error)
    }
}
