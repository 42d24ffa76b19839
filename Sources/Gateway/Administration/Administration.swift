// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
public import HTTPServer
public import Logging

/// What those who run the gateway can do, and where.
public struct Administration: Sendable {
    /// Whether they have listeners of their own.
    public var isSeparate: Bool
    /// Whether only this machine can reach those.
    public var isLocal: Bool
    /// The level of the log in force; callable from any thread.
    public var logLevel: @Sendable () -> Logger.Level
    /// Puts another level in force, until the next one; callable from any thread.
    public var setLogLevel: @Sendable (Logger.Level) -> Void
    /// Calls out once for each loop of the HTTP server with what is under way there, on the loop's thread; returns how many
    /// these are.
    public var underWay: @Sendable (@escaping @Sendable ([any RequestAttachment]) -> Void) -> Int

    /// Makes one; without arguments nobody has listeners of their own, and there is nothing to see.
    public init(
        isSeparate: Bool = false,
        isLocal: Bool = false,
        logLevel: @escaping @Sendable () -> Logger.Level = { .notice },
        setLogLevel: @escaping @Sendable (Logger.Level) -> Void = { _ in },
        underWay: @escaping @Sendable (@escaping @Sendable ([any RequestAttachment]) -> Void) -> Int = { _ in 0 }
    ) {
        self.isSeparate = isSeparate
        self.isLocal = isLocal
        self.logLevel = logLevel
        self.setLogLevel = setLogLevel
        self.underWay = underWay
    }

    /// Refuses a request that changes the gateway, or shows what others do, from somebody unknown who may not be on this machine.
    ///
    /// - Throws: `forbidden`.
    func check(_ exchange: Exchange) throws(Problem) {
        if isLocal, exchange.request.head.entrance == .administrative { return }
        if let caller = exchange.caller, caller.access.asks, !caller.principal.isAnonymous { return }
        throw .forbidden(
            "This is for known principals (auth.keys, auth.issuers), or for an http.admin.listen that only this machine reaches"
        )
    }
}
