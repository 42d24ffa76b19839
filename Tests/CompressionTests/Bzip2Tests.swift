// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Compression

/// Against what Python's `bz2` has written.
struct Bzip2Tests {
    private static let text =
        "425a68393141592653599e625bfe000002910040000244a000211460668291ef23470bb9229c28484f312dff00"
    private static let bomb =
        "425a6839314159265359d3a5dc7c004c97c010c00000080008200030cc0529a6aa4451b014451e2ee48a70a121"
        + "a74bb8f8"

    private func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
    }

    @Test(arguments: [
        ("425a683917724538509000000000", ""), (text, "hello hello hello"),
        (
            "425a6839314159265359fab63bd0000001910000040201a000219a68334d0cbc5dc914e14243ead8ef40425a68"
                + "39314159265359cddc8d9a0000008180000084802000219819846177245385090cddc8d9a0",
            "one,two"
        ),
    ])
    func readsWhatPythonWrote(_ hexadecimal: String, _ text: String) throws {
        #expect(String(decoding: try Bzip2.decompress(bytes(hexadecimal), maximumBytes: 100), as: UTF8.self) == text)
    }

    @Test func readsRunsOverSeveralBlocks() throws {
        let hexadecimal =
            "425a6831314159265359b2e38adc000009fffcffffffffffffffffffffffffffffffffffffffffffffffffff80"
            + "000860097e00000000186c0000000110aa6800003400d00032000341a0000000d000d00c40191a341900000000"
            + "06401a0d034152a7a800d00d000034c2341a0d000001a346401a034680c800c40d0346801bfff5555000034034"
            + "00d00020686434320d1a01a034d1a034d184c8640030264c800d1a191a003086868d0034000d001900d34c80d0"
            + "020686434320d1a01a034d1a034d184c8640030264c800d1a191a003086868d0034000d001900d34c80d0009aa"
            + "aaaa9ffffea55544c000260260001ffeaaa000230000000098000000098000000000000000099fffaaaa881a19"
            + "0d0c834680680d34680d34613219000c09932003468646800c21a1a3400d000340064034d3203401d2bf3350c5"
            + "6e50c56f40a18ade834315bfef4315bd0a862b7a1d0c56f44a18ade8b4315bd1a862b7a3d0c56f48a18ade9343"
            + "15bd2a862b7a5d0c56f4ca18ade9b4315bd3a862b7a7d0c56f50a18adea34315bff14315bd4a862b7a9d0c56f5"
            + "4a18adeab4315bd5a862b7abd0c56f58a18adff9a18adeb34315bd6a862b7add0c56f5ca18adebb4315bd7a862"
            + "b7afd0c56f60a18adec34315bd8a862b7b1d0c56f64a18adecb4315bd9a862b7b3d0c56f68a18ade50c56f69a1"
            + "8aded54315bdae862b7b650c56f6da18adedd4315bdbe862b7b850c56f71a18adee54315bdce862b7ba50c56f7"
            + "5a18adeed4315bff54315bff74315bdde862b7bc50c56f79a18adef54315bdee862b7be50c56f7da18adefd431"
            + "5bdfe862b7c050c56f81a18adf054315be0e862b7c250c56f85a18adf0d4315be1e862b7c450c56f89a18adf15"
            + "4315be2e862b7c650c56f8da18adf1d4315be3e862b7c850c56f91a18adf254315be4e862b7ca50c56f95a18ad"
            + "f2d4315bff94315be5e862b7cc50c56f99a18adf354315be6e862b7ce50c56f9da18adf3d4315be7e862b7d050"
            + "c56fa1a18adf454315be8e862b7d250c56fa5a18adf4d4315be9e862b7d450c56fa9a18adf554315beae862b7d"
            + "650c56fada18adf5d4315bebe862b7d850c56fb1a18adf654315bece862b7da50c56fb5a18adffda18adf6d431"
            + "5bede862b7dc50c56fb9a18adf754315beee862b7de50c56fbda18adf7d4315befe862b7e050c56fc1a18adf85"
            + "4315bf0e862b7e250c56fc5a18adf8d4315bf1e862b7e450c56fc9a18adf954315bf2e8468a2842353c2114517"
            + "f8000000000000000000000000000000000000053a3422842ad08a1143a7d4eaf5bafd8ecf6bb7dceef7bbfe0f"
            + "0f8bc751e4f2f9bcfe8ec448fb7bbbfc3c7cbcfd127afb7bfc25f9fafbfcfd4dfc4c440098941100204040044a"
            + "0a788807328f1c2b99478e15cca3c70ae651e3857328f1c2b99478e15cca3c70ae651e3857328f1c2b99478e15"
            + "cca3c70ae651e3857328f1c2b99478e15cca3c70ae651e3857328f1c2b99478e15cca3c70ae651e3857328f1c2"
            + "b99478e15cca3c70ae651e3857328f1c2b99478e15cca3c70ae651e3857328f1c2b99478e15cca3c70ae651e38"
            + "57328f1c2b99478e15cca3c70ae651e3857328f1c2b99478e15cca3c70ae651e3857328f1c2b99478e15cca3c7"
            + "0ae651e3857328f1c2b99475c2b99474ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae9"
            + "5d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d"
            + "2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2b"
            + "a574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba5"
            + "74ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2bf30a"
            + "e95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae95d2ba574ae9"
            + "5d2ba574ae95d2ba574ae95d2ba574ae95d2ba57fd107f8bb9229c28485971c56e00"
        let expected = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 5000) }
        #expect(try Bzip2.decompress(bytes(hexadecimal), maximumBytes: 1_000_000) == expected)
    }

    @Test func aBombIsStoppedAtTheLimit() {
        #expect(throws: Zlib.Failure.tooLarge) { try Bzip2.decompress(bytes(Self.bomb), maximumBytes: 1_000_000) }
    }

    @Test func damagedDataIsRefused() {
        let good = bytes(Self.text)
        for length in good.indices {
            #expect(throws: Zlib.Failure.corrupt) { try Bzip2.decompress(Array(good[..<length]), maximumBytes: 100) }
            var bad = good
            bad[length] ^= 0x55
            // The last byte is partly padding.
            let text = (try? Bzip2.decompress(bad, maximumBytes: 100)) ?? []
            #expect(text.isEmpty || length == good.count - 1)
        }
    }
}
