// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Threads

/// When the log is told that the broker is silent: connected, and yet no message of our own comes back. A value without a clock.
///
/// The driver itself reports what it notices, such as a connection that ends; a broker that merely stops just makes it
/// wait.
struct SilenceWatch: Sendable {
    enum Line: Equatable {
        /// Silent, for at least so long; told again every minute for as long as it lasts.
        case silent(Duration)
        case over
    }

    /// How often somebody looks.
    static let interval = Duration.seconds(1)
    /// How long the same line is not repeated.
    private static let repetition = Duration.seconds(60)

    private var since: Moment?
    private var told: Moment?

    /// Notes how the broker stands; returns what the log is to be told. Silence that was seen only once may be a
    /// connection just made.
    mutating func look(isSilent: Bool, now: Moment) -> Line? {
        guard isSilent else {
            defer { (since, told) = (nil, nil) }
            return told == nil ? nil : .over
        }
        guard let since else {
            since = now
            return nil
        }
        if let told, told.duration(to: now) < Self.repetition { return nil }
        told = now
        return .silent(since.duration(to: now))
    }
}

extension Probes {
    /// Begins to look every second whether the broker is silent, and tells the log.
    func watchSilence(on loop: EventLoop) {
        let watch = Guarded(SilenceWatch())
        let timer = DeadlineTimer(loop: loop) { [weak self] now in
            guard let self else { return nil }
            tell(watch.withLock { $0.look(isSilent: self.isSilent, now: now) })
            return now + SilenceWatch.interval
        }
        timer.arm(.now + SilenceWatch.interval)
    }

    private func tell(_ line: SilenceWatch.Line?) {
        switch line {
        case .silent(let duration):
            core.logger.warning(
                "the broker is silent, not ready: no message of our own comes back through the reply queue",
                metadata: ["seconds": "\(duration.components.seconds)"]
            )
        case .over: core.logger.notice("messages of our own come back through the reply queue again")
        case nil: break
        }
    }
}
