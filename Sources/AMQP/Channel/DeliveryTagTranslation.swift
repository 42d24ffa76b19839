// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Makes delivery tags that stay unique when the channel is opened anew and the broker counts from 1 again.
///
/// An acknowledgement for a delivery of an earlier channel would make the broker close the new one (406); here it is
/// recognised and dropped. So is one for a tag that was never delivered.
struct DeliveryTagTranslation {
    private var base: UInt64 = 0
    private var highest: UInt64 = 0

    /// The tag for the user.
    mutating func outward(_ tag: UInt64) -> UInt64 {
        highest = max(highest, tag)
        return base &+ tag
    }

    /// The broker's tag; nil when its channel is gone or it was never given out.
    func inward(_ tag: UInt64) -> UInt64? {
        tag > base && tag - base <= highest ? tag - base : nil
    }

    /// Starts over with a new channel; gives the last tag of the former one.
    @discardableResult
    mutating func reset() -> UInt64 {
        base += highest
        highest = 0
        return base
    }
}
