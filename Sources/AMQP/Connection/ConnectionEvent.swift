// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// What a connection has to tell, in the order in which it came about.
enum ConnectionEvent: Sendable {
    case deliveries([Delivery])
    case conclusion(PublishConclusion)
    case operation(@Sendable (Result<[MethodReply], AMQPError>) -> Void, Result<[MethodReply], AMQPError>)
    case cancelled(Name)
    case channelClosed(Int, AMQPError)
    case blocked(reason: String)
    case unblocked
    case started(@Sendable (Result<Void, AMQPError>) -> Void, Result<Void, AMQPError>)
    case closed(AMQPError?, [@Sendable () -> Void])
}
