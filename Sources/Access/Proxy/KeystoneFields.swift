// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// The fields that keystonemiddleware's `auth_token` adds to a request (`keystonemiddleware.auth_token._request`).
enum KeystoneFields {
    private static let status = "X-Identity-Status"
    private static let user = "X-User-Id"
    private static let roles = "X-Roles"

    /// The fields that become attributes.
    private static let attributes: [(field: String, attribute: PrincipalAttribute)] = [
        (user, .user), ("X-User-Name", .userName), ("X-User-Domain-Id", .userDomain),
        ("X-User-Domain-Name", .userDomainName), ("X-Project-Id", .project), ("X-Project-Name", .projectName),
        ("X-Project-Domain-Id", .projectDomain), ("X-Project-Domain-Name", .projectDomainName),
        ("X-Domain-Id", .domain), ("X-Domain-Name", .domainName), ("OpenStack-System-Scope", .systemScope),
        ("X-Is-Admin-Project", .isAdminProject),
    ]

    /// Older names, which have to say the same as the newer ones.
    private static let older: [(field: String, newer: String)] = [
        ("X-Tenant-Id", "X-Project-Id"), ("X-Tenant-Name", "X-Project-Name"), ("X-Tenant", "X-Project-Name"),
        ("X-User", "X-User-Name"), ("X-Role", roles),
    ]

    /// What is said of a service that sends on a request of somebody else; told to nobody.
    private static let service = [
        "X-Service-Identity-Status", "X-Service-User-Id", "X-Service-User-Name", "X-Service-User-Domain-Id",
        "X-Service-User-Domain-Name", "X-Service-Project-Id", "X-Service-Project-Name", "X-Service-Project-Domain-Id",
        "X-Service-Project-Domain-Name", "X-Service-Roles", "OpenStack-Service-System-Scope", "X-Service-Catalog",
    ]

    /// Every field in which only the middleware is believed.
    static let all = [status, roles] + attributes.map(\.field) + older.map(\.field) + service

    /// Whom the middleware has proved.
    static func principal(_ fields: ProxyFields, _ proof: PrincipalProof) throws(AuthenticationError) -> Principal {
        guard fields[status] == "Confirmed" else { throw .wrong(.proxyStatus) }
        for (field, newer) in older {
            guard let value = fields[field] else { continue }
            guard fields[newer] == value else { throw .unbelievable(field: field, .contradicted) }
        }
        var values: [PrincipalAttribute: Name] = [:]
        for (field, attribute) in attributes {
            guard let value = fields[field], !value.isEmpty else { continue }
            guard AccessName.isOfOthers(value) else { throw .wrong(.proxyAttribute) }
            values[attribute] = value
        }
        if let value = values[.isAdminProject] { values[.isAdminProject] = value == "True" ? "true" : "false" }
        return try TrustedProxy.principal(user: values[.user], roles: fields[roles], values, proof)
    }
}
