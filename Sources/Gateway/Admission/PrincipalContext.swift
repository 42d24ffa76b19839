// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import Messaging
internal import Names
internal import Threads

extension Caller {
    /// Says in a request context who the caller is.
    ///
    /// An identity is told whole: who has the right to give another one, and gives any part of it, has nothing of their own
    /// added, lest somebody else's name stand beside their roles.
    func identify(_ context: inout RequestContext) {
        guard access.tellsPrincipal, !setsContext || !context.hasAny(of: SharedContext.identityKeys) else { return }
        context.share(principal.note.value { SharedContext(principal, access.contextTerms) })
    }
}

extension SharedContext {
    /// What services are told about a principal, by the keys that `oslo_context.context.RequestContext.from_dict` reads. The
    /// user and the project stand under the names that older services read as well.
    convenience init(_ principal: Principal, _ terms: ContextTerms) {
        var values: [(key: String, value: JSONText)] = []
        var attributes = principal.attributes
        if !principal.isAnonymous, attributes[.user] == nil { attributes[.user] = principal.name }
        for attribute in PrincipalAttribute.allCases {
            guard let value = attributes[attribute] else { continue }
            let text = attribute == .isAdminProject ? JSONText(value == "true") : JSONText(string: value.text)
            if let other = Self.otherName(attribute) { values.append((other, text)) }
            values.append((attribute.rawValue, text))
        }
        values.append(("roles", JSONText(strings: principal.roles.map(\.text))))
        values.append(("is_admin", JSONText(terms.isAdministrator(principal))))
        self.init(values)
    }

    private static func otherName(_ attribute: PrincipalAttribute) -> String? {
        switch attribute {
        case .user: "user"
        case .project: "project"
        default: nil
        }
    }

    /// The keys that say who a request is from, in whatever release of a service.
    static let identityKeys: Set<Name> = {
        let more: [Name] = [
            "user", "username", "project", "tenant", "tenant_id", "tenant_name", "domain_id", "user_domain_id",
            "project_domain_id", "user_identity", "roles", "is_admin", "auth_token", "service_token", "service_roles",
            "service_user_id", "service_user_name", "service_user_domain_id", "service_user_domain_name",
            "service_project_id", "service_project_name", "service_project_domain_id", "service_project_domain_name",
        ]
        return Set(more + PrincipalAttribute.allCases.map { Name($0.rawValue) })
    }()
}

extension JSONText {
    /// `true` or `false`.
    fileprivate init(_ value: Bool) { self.init(validated: Array((value ? "true" : "false").utf8)[...]) }

    /// A list of strings.
    fileprivate init(strings: [String]) {
        let items = strings.map { JSONText(string: $0).bytes }
        self.init(validated: ([0x5b] + items.joined(separator: Array(", ".utf8)) + [0x5d])[...])
    }
}
