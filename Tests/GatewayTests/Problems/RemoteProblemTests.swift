// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

@testable import Gateway

struct RemoteProblemTests {
    private func problem(_ remote: RemoteError, method: String = "add", rules: [ErrorRule] = []) -> Problem {
        var configuration = GatewayConfiguration()
        configuration.errorRules = rules
        return RemoteProblem.make(remote, method: method, configuration: configuration)
    }

    private func remote(_ name: String, code: String? = nil) throws -> RemoteError {
        let dot = try #require(name.lastIndex(of: "."))
        var remote = RemoteError(module: String(name[..<dot]), className: String(name[name.index(after: dot)...]))
        if let code { remote.keywordArguments = try JSONText("{\"code\": \(code)}") }
        return remote
    }

    @Test(arguments: [
        ("oslo_messaging.rpc.dispatcher.NoSuchMethod", 404, "no-such-method"),
        ("oslo_messaging.rpc.dispatcher.UnsupportedVersion", 404, "unsupported-version"),
        ("builtins.NotImplementedError", 501, "remote-exception"),
        ("oslo_policy.policy.PolicyNotAuthorized", 403, "remote-exception"),
        ("oslo_policy.policy.InvalidScope", 403, "remote-exception"),
        ("oslo_messaging.exceptions.MessagingTimeout", 504, "remote-exception"),
        ("oslo_messaging.exceptions.MessageDeliveryFailure", 502, "remote-exception"),
        ("oslo_messaging.exceptions.MessageUndeliverable", 502, "remote-exception"),
        ("neutron_lib.exceptions.NotFound", 404, "remote-exception"),
        ("neutron_lib.exceptions.Conflict", 409, "remote-exception"),
        ("neutron_lib.exceptions.InUse", 409, "remote-exception"),
        ("neutron_lib.exceptions.BadRequest", 400, "remote-exception"),
        ("neutron_lib.exceptions.ServiceUnavailable", 503, "remote-exception"),
        ("neutron_lib.exceptions.NotAuthorized", 403, "remote-exception"),
        ("oslo_db.exception.DBDuplicateEntry", 409, "remote-exception"),
        ("oslo_db.exception.DBDeadlock", 503, "remote-exception"),
        ("oslo_db.exception.DBConnectionError", 503, "remote-exception"),
        ("builtins.ValueError", 500, "remote-exception"), ("builtins.KeyError", 500, "remote-exception"),
        ("other.NotFound", 500, "remote-exception"),
    ])
    func knownClassesHaveTheirStatus(_ name: String, _ status: Int, _ code: String) throws {
        let problem = problem(try remote(name))
        #expect(problem.status == status)
        #expect(problem.code.rawValue == code)
        #expect(problem.origin == .remote)
        #expect(problem.execution == (code == "remote-exception" ? .yes : .no))
    }

    @Test(arguments: [
        ("404", 404), ("401", 403), ("407", 403), ("408", 504), ("413", 400), ("405", 400), ("411", 400), ("414", 400),
        ("415", 400), ("417", 400), ("431", 400), ("599", 599), ("399", 500), ("600", 500), ("true", 500),
        ("\"404\"", 500), ("404.0", 500), ("null", 500), ("[404]", 500), ("-404", 500),
    ])
    func theExceptionsOwnCodeCounts(_ code: String, _ status: Int) throws {
        #expect(problem(try remote("nova.exception.Some", code: code)).status == status)
    }

    @Test func aQuotaIsForbidden() throws {
        #expect(problem(try remote("nova.exception.PortQuotaExceeded", code: "413")).status == 403)
    }

    @Test func aRuleComesBeforeTheCodeAndAfterTheKnownClasses() throws {
        let rules = [ErrorRule(pattern: "nova.*NotFound", status: 410), ErrorRule(pattern: "*", status: 418)]
        #expect(problem(try remote("nova.exception.InstanceNotFound", code: "404"), rules: rules).status == 410)
        #expect(problem(try remote("x.Y"), rules: rules).status == 418)
        #expect(problem(try remote("neutron_lib.exceptions.NotFound"), rules: rules).status == 404)
    }

    private func typeError(_ message: String, _ traceback: [String] = []) -> RemoteError {
        RemoteError(module: "builtins", className: "TypeError", message: message, traceback: traceback)
    }

    @Test(arguments: [
        "Endpoint.add() missing 1 required positional argument: 'b'", "add() got an unexpected keyword argument 'c'",
        "A.B.add() takes 3 positional arguments but 4 were given", "add() got multiple values for argument 'a'",
        "add() got some positional-only arguments passed as keyword arguments: 'a'",
    ])
    func aSignatureErrorOfTheMethodIsInvalidArguments(_ message: String) {
        let problem = problem(
            typeError(message, ["Traceback:\n", "  File \"d.py\", line 1, in _do_dispatch\n    x\n"])
        )
        #expect(problem.status == 400)
        #expect(problem.code == .invalidArguments)
        #expect(problem.execution == .no)
    }

    @Test(arguments: [
        ("other() missing 1 required positional argument: 'b'", [] as [String]), ("unsupported operand add()", []),
        ("add() failed", []), ("my_add() takes 1 positional argument but 2 were given", []),
        ("add() missing 1 required positional argument: 'b'", ["  File \"e.py\", line 9, in add\n    add()\n"]),
    ])
    func anyOtherTypeErrorIsTheServersOwn(_ message: String, _ traceback: [String]) {
        let problem = problem(typeError(message, traceback))
        #expect(problem.status == 500)
        #expect(problem.execution == .yes)
    }

    @Test func safeExposureHidesTextsOfServerErrorsOnly() throws {
        var configuration = GatewayConfiguration()
        configuration.exposure = .safe
        var secret = try remote("builtins.ValueError")
        secret.message = "password is x"
        let hidden = RemoteProblem.make(secret, method: "m", configuration: configuration)
        #expect(!hidden.showsRemoteText)
        #expect(!hidden.detail.contains("password"))
        let shown = RemoteProblem.make(
            try remote("neutron_lib.exceptions.NotFound"),
            method: "m",
            configuration: configuration
        )
        #expect(shown.showsRemoteText)
    }
}
