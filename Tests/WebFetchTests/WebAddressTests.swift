// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WebFetch

struct WebAddressTests {
    @Test(arguments: [
        "https://login.example/keys", "https://login.example", "https://login.example:8443/a?b=c", "https://10.0.0.1/",
        "http://localhost/keys", "http://localhost:8080/", "http://127.0.0.1:80", "http://[::1]:1/x",
    ]) func addressesThatAreTaken(_ text: String) { #expect(WebAddress(text) != nil) }

    @Test(arguments: [
        "", "login.example", "http://login.example/", "http://10.0.0.1/", "http://localhost.evil.example/", "ftp://a/",
        "file:///etc/passwd",
        "HTTPS://a/", "https://", "https:///x", "https://user@host/", "http://localhost@evil.example/", "https://a b/",
        "https://a/\n",
        "http://127.0.0.1.evil.example/", "http://127.0.0.1:80@evil.example/", "http://localhost\\@evil.example/",
        "https://é/",
        "http://localhost:x/", "gopher://localhost/", "http://[::1].evil.example/",
    ]) func addressesThatAreNot(_ text: String) { #expect(WebAddress(text) == nil) }

    @Test func whatIsNotThereIsAFailure() throws {
        // Nothing listens on port 1 of this machine.
        let address = try #require(WebAddress("http://127.0.0.1:1/keys"))
        #expect(throws: WebFetchFailure.self) { try WebFetch.get(address) }
    }
}
