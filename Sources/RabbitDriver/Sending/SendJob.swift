// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging
internal import Names
internal import Threads

/// One message on its way to a connection.
///
/// A class, as it waits in queues and closures: one reference instead of every part of it.
final class SendJob: Sendable {
    /// The name of the message in the pool's queue and among the waiting calls.
    let id: UniqueID
    /// The exchange, and what is declared before the first publish to it.
    let route: PublishRoute
    let routingKey: Name
    /// Whether exchange and queue are declared anew, after the queue was gone at an earlier attempt.
    let declaresAnew: Bool
    /// Whether a message that no queue takes comes back.
    let isMandatory: Bool
    let body: [UInt8]
    /// Whether the broker drops the message once nobody waits any more (calls, not casts).
    let expires: Bool
    /// Whether the body is compressed, as the header then says.
    let isCompressed: Bool
    /// The properties of a message that is not oslo.messaging's; nil for those that it sends with every message.
    let ownProperties: Properties?
    let deadline: Moment
    let retry: Int?
    /// How often a connection was lost before a byte of the message was written.
    let losses: Int
    /// Why the broker refused it in an earlier form.
    let refusal: AMQPError?
    /// Whether somebody waits for the confirm. A call's reply says more, and comes just as soon.
    let isConfirmAwaited: Bool
    /// Whether a call or cast waits for it under its name, and may end before it is sent.
    let isAwaited: Bool
    private let receiver: Receiver

    init(
        id: UniqueID,
        route: PublishRoute,
        routingKey: Name,
        declaresAnew: Bool = false,
        isMandatory: Bool = true,
        body: [UInt8],
        expires: Bool,
        isCompressed: Bool = false,
        ownProperties: Properties? = nil,
        deadline: Moment,
        retry: Int?,
        losses: Int = 0,
        refusal: AMQPError? = nil,
        isConfirmAwaited: Bool = true,
        isAwaited: Bool = false,
        receiver: Receiver
    ) {
        self.id = id
        self.route = route
        self.routingKey = routingKey
        self.declaresAnew = declaresAnew
        self.isMandatory = isMandatory
        self.body = body
        self.expires = expires
        self.isCompressed = isCompressed
        self.ownProperties = ownProperties
        self.deadline = deadline
        self.retry = retry
        self.losses = losses
        self.refusal = refusal
        self.isConfirmAwaited = isConfirmAwaited
        self.isAwaited = isAwaited
        self.receiver = receiver
    }

    /// Who is told how a message ended.
    enum Receiver: Sendable {
        /// The call of the message's name, which then waits for its reply.
        case call(ReplyWaiters)
        /// Whoever waits for the confirm of the message's name.
        case confirm(ReplyWaiters)
        /// Whoever gave the function, which runs on a thread of the driver.
        case function(@Sendable (Result<Void, MessagingError>) -> Void)
    }

    /// Tells how the message ended; once.
    func end(_ result: Result<Void, MessagingError>) {
        switch (receiver, result) {
        case (.call(let waiters), .success): waiters.advance(id, to: .reply)
        case (.confirm(let waiters), .success): waiters.confirm(id)
        case (.call(let waiters), .failure(let error)), (.confirm(let waiters), .failure(let error)):
            waiters.fail(id, with: error)
        case (.function(let function), _): function(result)
        }
    }

    /// Whether its confirm may come late. Whoever is about to time out has to know how far the message got.
    func isPatient(now: Moment) -> Bool { !isConfirmAwaited && now.duration(to: deadline) > Self.haste }

    private static let haste = Duration.milliseconds(50)

    /// The same message after one more loss.
    var afterLoss: SendJob { again(losses: losses + 1, declaresAnew: declaresAnew, refusal: refusal) }

    /// The same message after the broker has refused what it declares.
    func afterRefusal(_ error: AMQPError) -> SendJob {
        again(losses: losses + 1, declaresAnew: declaresAnew, refusal: refusal ?? error)
    }

    /// The same message after its queue turned out to be gone.
    var afterReturn: SendJob { again(losses: losses, declaresAnew: true, refusal: nil) }

    private func again(losses: Int, declaresAnew: Bool, refusal: AMQPError?) -> SendJob {
        SendJob(
            id: id,
            route: route,
            routingKey: routingKey,
            declaresAnew: declaresAnew,
            isMandatory: isMandatory,
            body: body,
            expires: expires,
            isCompressed: isCompressed,
            ownProperties: ownProperties,
            deadline: deadline,
            retry: retry,
            losses: losses,
            refusal: refusal,
            isConfirmAwaited: isConfirmAwaited,
            isAwaited: isAwaited,
            receiver: receiver
        )
    }

    /// How often a message goes to another connection after the loss of one on which none of its bytes was written.
    static let maximumLosses = 3

    /// Whether the broker can refuse it only for its exchange or its size.
    var isOwnForm: Bool { ownProperties?.headers == nil }

    /// Whether it may be on a channel together with others of its route: not where it goes to an exchange that a caller
    /// chose and nobody declares, which may be gone at any time.
    var mayShareChannel: Bool {
        ownProperties == nil || isOwnForm && route.exchange.isEmpty
    }

    /// The message's properties; the expiration is what is left of the time.
    func properties(now: Moment) -> PublishProperties {
        let expiration = expires ? Self.expiration(now.duration(to: deadline)) : nil
        guard var properties = ownProperties else {
            return .shared(isCompressed ? Self.compressed : Self.standard, expiration: expiration)
        }
        properties.expiration = expiration.map { String($0) }
        return .own(properties)
    }

    /// What oslo.messaging sends with every message.
    private static let standard = SharedProperties(standardProperties(headers: [:]))
    private static let compressed = SharedProperties(
        standardProperties(headers: [BodyCompression.header: .string(BodyCompression.gzip)])
    )

    private static func standardProperties(headers: FieldTable) -> Properties {
        Properties(
            contentType: "application/json",
            contentEncoding: "utf-8",
            headers: headers,
            deliveryMode: 2,
            priority: 0
        )
    }

    /// Milliseconds as the broker takes them: rounded up, so that a whole timeout is sent whole, and within 32 bits.
    static func expiration(_ left: Duration) -> UInt32 {
        let (milliseconds, rest) = left.wholeNanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return UInt32(clamping: milliseconds + (rest > 0 ? 1 : 0))
    }
}
