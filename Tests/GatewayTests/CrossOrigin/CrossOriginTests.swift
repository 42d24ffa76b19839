// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Testing

@testable import Gateway

struct CrossOriginTests {
    private func crossOrigin(_ origins: [String], credentials: Bool = false) -> CrossOrigin {
        var configuration = CrossOriginConfiguration()
        configuration.origins = origins.compactMap { PageOrigin($0) }
        configuration.credentials = credentials
        return CrossOrigin(configuration)
    }

    private func head(_ method: String, _ path: String, _ fields: [(name: String, value: String)]) -> RequestHead {
        RequestHead(method: method, path: Array(path.utf8), fields: RequestFields(fields))
    }

    private let app = (name: "Origin", value: "https://app.example.org")

    @Test func nothingIsSaidWithoutOrigins() {
        let none = crossOrigin([])
        #expect(none.fields(head("POST", "/t/m", [app])).count == 0)
        #expect(
            none.answer(toPreflight: head("OPTIONS", "/t/m", [app, ("Access-Control-Request-Method", "POST")])) == nil
        )
    }

    @Test func answersNameAnAllowedOriginOnly() {
        let allowing = crossOrigin(["https://app.example.org"])
        #expect(
            allowing.fields(head("POST", "/t/m", [app])).map { "\($0.name): \($0.value)" } == [
                "Access-Control-Allow-Origin: https://app.example.org", "Access-Control-Expose-Headers: *",
                "Vary: Origin",
            ]
        )
        for fields in [
            [], [(name: "Origin", value: "https://evil.example")], [app, app], [(name: "Origin", value: "null")],
        ] {
            #expect(allowing.fields(head("POST", "/t/m", fields)).map(\.name) == ["Vary"])
        }
    }

    @Test func withCredentialsNothingIsAWildcard() {
        let allowing = crossOrigin(["https://*.example.org"], credentials: true)
        let fields = allowing.fields(head("POST", "/t/m", [app]))
        #expect(fields.contains { $0 == ("Access-Control-Allow-Credentials", "true") })
        #expect(fields.allSatisfy { $0.value != "*" })
    }

    @Test(arguments: [
        ("/t/s/m", "POST, OPTIONS"), ("/t/s/m:cast", "POST, OPTIONS"), ("/-/jsonrpc", "POST, OPTIONS"),
        ("/-/amqp/-/q", "POST, OPTIONS"),
        ("/-/notifications/t", "GET, OPTIONS"), ("/-/notifications/t/e", "POST, OPTIONS"),
        ("/healthz", "GET, HEAD, OPTIONS"),
        ("/-/operations/\(String(repeating: "0", count: 32))", "GET, HEAD, DELETE, OPTIONS"),
        ("/-/info", "GET, HEAD, OPTIONS"),
        ("/nothing", "GET, HEAD, POST, DELETE, OPTIONS"), ("//", "GET, HEAD, POST, DELETE, OPTIONS"),
    ]) func preflightsTellTheMethodsOfThePath(_ path: String, _ methods: String) throws {
        let allowing = crossOrigin(["https://app.example.org"])
        let asked = (name: "Access-Control-Request-Method", value: "POST")
        let answer = try #require(allowing.answer(toPreflight: head("OPTIONS", path, [app, asked])))
        #expect(answer.status == 204)
        #expect(answer.fields.first { $0.name == "Access-Control-Allow-Methods" }?.value == methods)
        #expect(answer.fields.first { $0.name == "Access-Control-Allow-Origin" }?.value == app.value)
        #expect(answer.fields.first { $0.name == "Access-Control-Allow-Headers" }?.value == CrossOrigin.taken)
        #expect(answer.fields.first { $0.name == "Vary" }?.value.hasPrefix("Origin, ") == true)
        for other in [
            head("OPTIONS", path, [app]), head("POST", path, [app, asked]), head("OPTIONS", path, [asked]),
            head("OPTIONS", path, [(name: "Origin", value: "https://evil.example"), asked]),
        ] {
            #expect(allowing.answer(toPreflight: other) == nil)
        }
    }
}
