// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// An instant as the time since the clock's epoch.
///
/// `ContinuousClock.Instant` has no fixed layout: values that hold one are copied through its metadata, which would
/// cost a lease more than all the rest. Instants are therefore turned into moments where they come in.
@usableFromInline typealias Moment = Duration

extension ContinuousClock.Instant {
    @inlinable var moment: Moment { ContinuousClock().systemEpoch.duration(to: self) }

    @inlinable
    init(_ moment: Moment) { self = ContinuousClock().systemEpoch.advanced(by: moment) }
}
