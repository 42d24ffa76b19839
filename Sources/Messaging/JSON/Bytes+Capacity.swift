//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension [UInt8] {
    /// An array that is written in place.
    ///
    /// The standard library's initialiser of this form is not specialised where it makes the storage, and looks up the
    /// storage's class each time; growing an empty array is, and costs a third.
    init<Failure: Error>(
        capacity: Int,
        initializingWith write: (inout OutputSpan<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        self = []
        try append(addingCapacity: capacity, initializingWith: write)
    }
}
