// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

extension ExchangeDeclaration {
    var isEncodable: Bool { name.utf8.count <= 255 && type.utf8.count <= 255 && arguments.isEncodable }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(bigEndian: UInt16(0))
        bytes.append(shortString: name.text)
        bytes.append(shortString: type)
        bytes.append(flags: isPassive, isDurable, isAutoDelete)
        bytes.append(table: arguments)
    }
}

extension QueueDeclaration {
    var isEncodable: Bool { name.utf8.count <= 255 && arguments.isEncodable }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(bigEndian: UInt16(0))
        bytes.append(shortString: name.text)
        bytes.append(flags: isPassive, isDurable, isExclusive, isAutoDelete)
        bytes.append(table: arguments)
    }
}
