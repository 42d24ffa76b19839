// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// How a notifier sends.
public struct NotifierConfiguration: Sendable {
    /// The time that sending one notification may take.
    public var publishTimeout: Duration
    /// How many failed attempts to reach a broker are tolerated (`retry`): nil or -1 for any number (until the
    /// timeout), 0 for none. This holds for the first connection too.
    public var retry: Int?
    /// The keys of a context that may travel with a notification; nil lets all of them.
    public var contextKeys: Set<String>? {  // names: our own
        didSet { noteKeys() }
    }
    private var travelling: Set<Name>?

    /// Makes a configuration.
    ///
    /// - Parameters:
    ///   - publishTimeout: half a minute unless given, enough for a broker to be restarted.
    ///   - contextKeys: those that hold no credentials unless given: notifications reach more readers than requests do.
    public init(
        publishTimeout: Duration = .seconds(30),
        retry: Int? = nil,
        contextKeys: Set<String>? = Self.safeContextKeys  // names: our own
    ) {
        self.publishTimeout = publishTimeout
        self.retry = retry
        self.contextKeys = contextKeys
        noteKeys()
    }

    /// What oslo.messaging lets pass, and `oslo_context`'s `redacted_copy()`: everything but tokens and service catalogs.
    public static let safeContextKeys: Set<String> = [  // names: our own
        "user_id", "project_id", "domain_id", "user_domain_id", "project_domain_id", "is_admin", "request_id", "roles",
        "user_name", "project_name", "domain_name", "user_domain_name", "project_domain_name", "service_user_id",
        "service_user_domain_id", "service_user_domain_name", "service_project_id", "service_project_name",
        "service_project_domain_id", "service_project_domain_name", "service_roles", "global_request_id",
        "system_scope",
        "user", "domain", "user_domain", "project_domain", "tenant", "user_identity", "is_admin_project", "read_only",
        "show_deleted", "resource_uuid",
    ]

    func redacted(_ context: RequestContext) -> RequestContext {
        guard let travelling else { return context }
        var safe = RequestContext()
        for entry in context.allEntries where travelling.contains(Name(entry.key)) { safe.set(entry.key, entry.value) }
        return safe
    }

    private mutating func noteKeys() { travelling = contextKeys.map { Set($0.map { Name($0) }) } }
}
