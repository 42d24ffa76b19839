// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension Notifier {
    /// Sends a notification for audits; a failure is logged.
    public func audit(
        _ eventType: String,
        _ payload: JSONText = .emptyObject,
        context: RequestContext = RequestContext()
    ) async {
        await send(.audit, eventType, payload, context)
    }

    /// Sends a notification for audits, with a typed payload; a failure is logged.
    public func audit(_ eventType: String, _ payload: some Encodable, context: RequestContext = RequestContext()) async
    {
        await send(.audit, eventType, payload, context)
    }

    /// Sends a notification for people who look for a defect; a failure is logged.
    public func debug(
        _ eventType: String,
        _ payload: JSONText = .emptyObject,
        context: RequestContext = RequestContext()
    ) async {
        await send(.debug, eventType, payload, context)
    }

    /// Sends a notification for people who look for a defect, with a typed payload; a failure is logged.
    public func debug(_ eventType: String, _ payload: some Encodable, context: RequestContext = RequestContext()) async
    {
        await send(.debug, eventType, payload, context)
    }

    /// Sends a notification for information; a failure is logged.
    public func info(
        _ eventType: String,
        _ payload: JSONText = .emptyObject,
        context: RequestContext = RequestContext()
    ) async {
        await send(.info, eventType, payload, context)
    }

    /// Sends a notification for information, with a typed payload; a failure is logged.
    public func info(_ eventType: String, _ payload: some Encodable, context: RequestContext = RequestContext()) async {
        await send(.info, eventType, payload, context)
    }

    /// Sends a notification of what may become a problem; a failure is logged.
    public func warn(
        _ eventType: String,
        _ payload: JSONText = .emptyObject,
        context: RequestContext = RequestContext()
    ) async {
        await send(.warn, eventType, payload, context)
    }

    /// Sends a notification of what may become a problem, with a typed payload; a failure is logged.
    public func warn(_ eventType: String, _ payload: some Encodable, context: RequestContext = RequestContext()) async {
        await send(.warn, eventType, payload, context)
    }

    /// Sends a notification of what has failed; a failure is logged.
    public func error(
        _ eventType: String,
        _ payload: JSONText = .emptyObject,
        context: RequestContext = RequestContext()
    ) async {
        await send(.error, eventType, payload, context)
    }

    /// Sends a notification of what has failed, with a typed payload; a failure is logged.
    public func error(_ eventType: String, _ payload: some Encodable, context: RequestContext = RequestContext()) async
    {
        await send(.error, eventType, payload, context)
    }

    /// Sends a notification of what endangers the service; a failure is logged.
    public func critical(
        _ eventType: String,
        _ payload: JSONText = .emptyObject,
        context: RequestContext = RequestContext()
    ) async {
        await send(.critical, eventType, payload, context)
    }

    /// Sends a notification of what endangers the service, with a typed payload; a failure is logged.
    public func critical(_ eventType: String, _ payload: some Encodable, context: RequestContext = RequestContext())
        async
    {
        await send(.critical, eventType, payload, context)
    }

    /// Sends a notification of a sample of measurements, of which there may be many; a failure is logged.
    public func sample(
        _ eventType: String,
        _ payload: JSONText = .emptyObject,
        context: RequestContext = RequestContext()
    ) async {
        await send(.sample, eventType, payload, context)
    }

    /// Sends a notification of a sample of measurements, of which there may be many, with a typed payload; a failure is logged.
    public func sample(_ eventType: String, _ payload: some Encodable, context: RequestContext = RequestContext()) async
    {
        await send(.sample, eventType, payload, context)
    }

    private func send(
        _ priority: NotificationPriority,
        _ eventType: String,
        _ payload: JSONText,
        _ context: RequestContext
    ) async {
        do {
            try await notify(priority, eventType, payload, context: context)
        } catch {
            logFailure(error, priority, eventType)
        }
    }

    private func send(
        _ priority: NotificationPriority,
        _ eventType: String,
        _ payload: some Encodable,
        _ context: RequestContext
    ) async {
        do {
            try await notify(priority, eventType, payload, context: context)
        } catch {
            logFailure(error, priority, eventType)
        }
    }
}
