// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import HTTPServer

/// What tells clients apart.
struct ClientOriginTests {
    private func origin(_ text: String) -> ClientOrigin {
        var storage = sockaddr_storage()
        withUnsafeMutablePointer(to: &storage) { pointer in
            let raw = UnsafeMutableRawPointer(pointer)
            if text.utf8.contains(UInt8(ascii: ":")) {
                let address = raw.assumingMemoryBound(to: sockaddr_in6.self)
                address.pointee.sin6_family = sa_family_t(AF_INET6)
                #expect(inet_pton(AF_INET6, text, &address.pointee.sin6_addr) == 1)
            } else {
                let address = raw.assumingMemoryBound(to: sockaddr_in.self)
                address.pointee.sin_family = sa_family_t(AF_INET)
                #expect(inet_pton(AF_INET, text, &address.pointee.sin_addr) == 1)
            }
        }
        return ClientOrigin(storage)
    }

    @Test(arguments: [
        ("192.0.2.9", "192.0.2.9", "192.0.2.9"),
        ("::ffff:192.0.2.9", "192.0.2.9", "192.0.2.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::", "2001:db8:1:2::"),
        ("2001:db8::9", "2001:db8::9", "2001:db8::"),
        ("::1", "::1", "::"),
    ])
    func anAddressAndItsNetwork(text: String, address: String, network: String) {
        let origin = origin(text)
        #expect((origin.address, origin.network) == (address, network))
    }

    @Test func neighboursInANetworkOfIPv6AreOneClient() {
        let counters = ServerCounters(maximumConnections: 9, maximumConnectionsPerAddress: 1)
        func isAdmitted(_ text: String) -> Bool {
            if case .admitted = counters.admit(origin(text).network) { true } else { false }
        }
        #expect(isAdmitted("2001:db8::1"))
        #expect(!isAdmitted("2001:db8::2"))
        #expect(isAdmitted("2001:db8:0:1::1"))
        #expect(isAdmitted("192.0.2.1") && isAdmitted("192.0.2.2"))
    }
}
