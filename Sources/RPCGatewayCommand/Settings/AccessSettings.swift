// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import Names

/// Who may come in, and where that is written.
struct AccessSettings: Sendable, Equatable {
    /// The path of the keys file; nil for none.
    var keysFile: String?
    /// The path of the file of issuers of tokens; nil for none.
    var issuersFile: String?
    /// The path of the file with the authorities of clients' certificates; nil where none are asked for.
    var clientAuthority: String?
    /// Which name of a client's certificate is its principal's.
    var certificates = CertificateNaming.auto
    /// Whether requests without a credential are let in; nil leaves it to whether there is any source of credentials.
    var takesAnonymous: Bool?

    /// What services are told in the request context.
    var context = ContextSource.principal
    /// The roles of those whom services are told to be administrators.
    var adminRoles: [String] = []
    /// Who stands in front and is believed.
    var proxy = ProxySettings()

    /// The path of the file with the rules; nil for none.
    var policyFile: String?
    /// Which decisions are told to the log.
    var audit = PolicyAudit.denied

    /// Which name of a client's certificate is its principal's; none where no certificates are asked for.
    var certificateNaming: CertificateNaming { clientAuthority == nil ? .none : certificates }

    /// The files that are read.
    var files: [String] { [keysFile, issuersFile, policyFile].compactMap { $0 } }

    /// Whether it is asked at all who requests are from, and what they may.
    var asks: Bool { identifies || policyFile != nil || takesAnonymous == false }

    /// What services are told in the request context.
    var contextTerms: ContextTerms {
        ContextTerms(tellsPrincipal: context == .principal, adminRoles: Set(adminRoles.map { Name($0) }))
    }
}

/// What the request context is made of.
enum ContextSource: String, Sendable, CaseIterable {
    /// Who the request is from.
    case principal
    /// Nothing; it is what `Rpc-Context` says.
    case none
}

extension SettingsTable {
    /// Who may come in.
    static let access: [Setting] = [
        .path(
            "auth.keys",
            \.access.keysFile,
            "The file with the API keys, as rpc-gateway keys new prints its lines; read again when it changes"
        ).reloadable(),
        .path(
            "auth.issuers",
            \.access.issuersFile,
            "The file of those whose JSON Web Tokens are taken; read again when it or a file that it names changes"
        ).reloadable(),
        .choice(
            "auth.certificates",
            \.access.certificates,
            "Which name of a client's certificate is its principal's, where http.tls.clientAuthority has them asked for; auto is the first of these kinds that it has"
        ).reloadable(),
        .optionalBoolean(
            "auth.anonymous",
            \.access.takesAnonymous,
            "Let requests without a credential in, as the principal anonymous; auto only without keys, issuers and client certificates"
        ).reloadable(),
        .choice(
            "auth.context",
            \.access.context,
            "What services are told in the request context: who the request is from (principal), or nothing"
        ).reloadable(),
        .list(
            "auth.adminRoles",
            \.access.adminRoles,
            allowed: "names of roles",
            "Roles that make is_admin true in the request context; nothing else does"
        ) {
            $0.isEmpty ? nil : $0
        } text: {
            $0
        }.reloadable(),
        .networks(
            "auth.proxy.addresses",
            \.access.proxy.peers,
            "Where requests of trusted proxies come from: what they say of clients is believed"
        ).reloadable(),
        .certificateNames(
            "auth.proxy.certificates",
            \.access.proxy.certificates,
            "Names of the client certificates that show a trusted proxy, wherever it is; needs http.tls.clientAuthority"
        ).reloadable(),
        .custom(
            "auth.proxy.identity",
            \.access.proxy.identity,
            type: "field",
            allowed: ProxyIdentity.allowed,
            "How a trusted proxy says whom it has proved; from others such fields are refused"
        ) {
            ProxyIdentity($0)
        } text: {
            $0.text
        }.reloadable(),
        .custom(
            "auth.proxy.roles",
            \.access.proxy.roles,
            type: "field",
            allowed: "none or the name of a field",
            "The field in which it says their roles, with commas between them; keystone has its own"
        ) {
            $0 == "none" ? .some(nil) : FieldName.isName($0) ? .some($0) : nil
        } text: {
            $0 ?? "none"
        }.reloadable(),
        .choice(
            "auth.proxy.forwarded",
            \.access.proxy.forwarding,
            "The field in which it says where a request came from; the other one may be the client's own, and is not read"
        ).reloadable(),
        .path(
            "policy.file",
            \.access.policyFile,
            "The file with the rules of who may do what; with one, what no rule allows is denied; read again when it changes"
        ).reloadable(),
        .choice(
            "policy.audit",
            \.access.audit,
            "Which decisions of the policy have a line of the log: those that deny, all, or none"
        ).reloadable(),
    ]
}
