// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Logging
internal import Threads

extension ReloadService {
    /// Reads the files of TLS again if they have changed.
    func lookAtTLS() {
        current.withLock { current in
            let stamps = TLSLoading.files(current).map { FileStamp(of: $0) }
            guard changesOfTLS.withLock({ $0.look(stamps) }) else { return }
            do throws(SettingsError) {
                guard let tls = try TLSLoading.load(current) else { return }
                application.update(tls: tls)
                application.logger.notice("certificates reloaded", metadata: ["certificates": "\(tls.ends.count)"])
            } catch {
                application.logger.error(
                    "certificates refused, the old ones stay",
                    metadata: ["problems": "\(error)"]
                )
            }
        }
    }

    /// Says once a day which certificates end soon.
    func warnOfEnds() {
        guard let tls = application.server.currentTLS else { return }
        let (certificates, now) = (current.withLock { $0.tls.certificates }, WallClock.now())
        let soon = ends.withLock { $0.look(tls.ends, now: now) }
        for number in soon where number < certificates.count {
            application.logger.warning(
                "a certificate ends soon: renew it",
                metadata: ["file": "\(certificates[number])", "seconds": "\(tls.ends[number] - now)"]
            )
        }
    }
}

/// When to say that certificates end.
struct CertificateEnds: Sendable {
    /// Renewals are due a month before the end: what is left by then has been forgotten.
    private static let soon: Int64 = 14 * 86_400
    private static let day: Int64 = 86_400
    private var said: Int64?

    /// Those to name now, by number; none for a day after some were named.
    mutating func look(_ ends: [Int64], now: Int64) -> [Int] {
        let soon = ends.indices.filter { ends[$0] - now < Self.soon }
        guard !soon.isEmpty, said.map({ now - $0 >= Self.day || now < $0 }) ?? true else { return [] }
        said = now
        return soon
    }
}
