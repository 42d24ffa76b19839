// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What makes a public key of RSA one that nobody should take.
enum RSAModulus {
    /// Keys of less can be broken; those of more cost more time than a check may.
    static let bits = 2_048...8_192

    /// How many bits a number has.
    static func bitCount(_ number: [UInt8]) -> Int {
        let digits = number.drop { $0 == 0 }
        guard let first = digits.first else { return 0 }
        return digits.count * 8 - first.leadingZeroBitCount
    }

    /// Whether a number has the mark of the keys that a faulty generator made (ROCA, CVE-2017-15361), from which the private
    /// key can be found: to each of these primes it leaves a power of 65537.
    static func isFaulty(_ modulus: [UInt8]) -> Bool {
        primes.allSatisfy { prime in
            let rest = modulus.reduce(0 as UInt32) { ($0 << 8 | UInt32($1)) % prime }
            return powers(of: 65_537 % prime, to: prime).contains(rest)
        }
    }

    private static let primes: [UInt32] = [
        11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157,
    ]

    private static func powers(of base: UInt32, to prime: UInt32) -> Set<UInt32> {
        var (powers, power): (Set<UInt32>, UInt32) = ([], 1)
        while powers.insert(power).inserted { power = power * base % prime }
        return powers
    }
}
