// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// What services are told about a principal besides its roles, by the key of oslo.context (`RequestContext.from_dict`).
public enum PrincipalAttribute: String, Sendable, CaseIterable {
    case user = "user_id"
    case userName = "user_name"
    case userDomain = "user_domain"
    case userDomainName = "user_domain_name"
    case project = "project_id"
    case projectName = "project_name"
    case projectDomain = "project_domain"
    case projectDomainName = "project_domain_name"
    case domain
    case domainName = "domain_name"
    case systemScope = "system_scope"
    /// `true` or `false`.
    case isAdminProject = "is_admin_project"

    /// Those that files name, by their fields.
    static let written: [(field: String, attribute: PrincipalAttribute)] = [
        ("user", .user), ("project", .project), ("domain", .domain),
    ]

    static let allowed = "1 to \(AccessName.longestOfOthers) characters without control characters"

    /// The value that a text stands for; nil for one that could not stand in a line of a log.
    static func read(_ text: String) -> Name? {
        let name = Name(text)
        return AccessName.isOfOthers(name) ? name : nil
    }
}
