// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Names

/// From a server's exception to a status: first the classes known exactly, then the operator's rules, then the
/// exception's own code; otherwise 500.
enum RemoteProblem {
    static func make(_ remote: RemoteError, method: String, configuration: GatewayConfiguration) -> Problem {
        var problem = known(remote, method: method) ?? byRuleOrCode(remote, configuration.errorRules)
        problem.remote = remote
        problem.showsRemoteText = configuration.exposure == .full || problem.status < 500
        if problem.showsRemoteText, !remote.message.isEmpty { problem.detail = remote.message }
        return problem
    }

    private static func known(_ remote: RemoteError, method: String) -> Problem? {
        switch Name(remote.qualifiedName) {
        case "oslo_messaging.rpc.dispatcher.NoSuchMethod": return refused(.noSuchMethod, remote, method)
        case "oslo_messaging.rpc.dispatcher.UnsupportedVersion": return refused(.unsupportedVersion, remote, method)
        case "builtins.TypeError" where SignatureError.isOne(remote, method: method):
            return unexecuted(.invalidArguments, remote)
        case let name: return RemoteClasses.status[name].map { exception($0, remote) }
        }
    }

    private static func byRuleOrCode(_ remote: RemoteError, _ rules: [ErrorRule]) -> Problem {
        let name = remote.qualifiedName
        if let rule = rules.first(where: { $0.matches(name) }) { return exception(rule.status, remote) }
        let code = RemoteCode.value(remote).map { RemoteCode.normalised($0, className: remote.className) }
        return exception(code ?? 500, remote)
    }

    private static func exception(_ status: Int, _ remote: RemoteError) -> Problem {
        var problem = Problem(.remoteException, "The server raised \(remote.qualifiedName)")
        problem.status = status
        problem.execution = .yes
        return problem
    }

    /// The dispatcher's refusal; one that comes from the method itself, about a call of its own, shows that it ran.
    private static func refused(_ code: ProblemCode, _ remote: RemoteError, _ method: String) -> Problem {
        var problem = unexecuted(code, remote)
        if SignatureError.hasRun(method, remote) { problem.execution = .yes }
        return problem
    }

    /// The dispatcher refused the message before any method ran.
    private static func unexecuted(_ code: ProblemCode, _ remote: RemoteError) -> Problem {
        Problem(code, "The server raised \(remote.qualifiedName)")
    }
}

/// Statuses of exceptions whose meaning is known exactly, by module and class.
enum RemoteClasses {
    static let status: [Name: Int] = [
        "builtins.NotImplementedError": 501,
        "oslo_policy.policy.PolicyNotAuthorized": 403,
        "oslo_policy.policy.InvalidScope": 403,
        // The server's own call downstream failed: this is about another hop than ours.
        "oslo_messaging.exceptions.MessagingTimeout": 504,
        "oslo_messaging.exceptions.MessageDeliveryFailure": 502,
        "oslo_messaging.exceptions.MessageUndeliverable": 502,
        "neutron_lib.exceptions.NotFound": 404,
        "neutron_lib.exceptions.Conflict": 409,
        "neutron_lib.exceptions.InUse": 409,
        "neutron_lib.exceptions.BadRequest": 400,
        "neutron_lib.exceptions.ServiceUnavailable": 503,
        "neutron_lib.exceptions.NotAuthorized": 403,
        "oslo_db.exception.DBDuplicateEntry": 409,
        "oslo_db.exception.DBDeadlock": 503,
        "oslo_db.exception.DBConnectionError": 503,
    ]
}

/// The status that an exception carries itself, as an integer `code` among its keyword arguments.
enum RemoteCode {
    /// The code; nil when there is none from 400 to 599, or when it is no plain integer (a bool is none).
    static func value(_ remote: RemoteError) -> Int? {
        guard let code = remote.keywordArguments.lastMember("code"), let number = Int(code.string) else { return nil }
        return (400...599).contains(number) ? number : nil
    }

    /// The status to answer with: codes that would be about our own HTTP exchange are replaced.
    static func normalised(_ code: Int, className: String) -> Int {
        switch code {
        case 401, 407: 403
        case 408: 504
        case 413: className.contains("Quota") ? 403 : 400
        case 405, 411, 414, 415, 417, 431: 400
        default: code
        }
    }
}
