// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import Logging
internal import Threads
internal import WebFetch

extension KeyFetching {
    /// Gets keys from the web, each time on a thread of its own: an issuer that does not answer holds up no other one.
    ///
    /// - Parameters:
    ///   - logger: Hears what comes of it; nil where nothing is to be got.
    ///   - path: Where a file of authorities is that the file of issuers names.
    init(logger: Logger?, path: @escaping @Sendable (String) -> String) {
        self.init(
            allowed: WebAddress.allowed,
            isAddress: { WebAddress($0) != nil },
            fetch: { address, completion in
                guard logger != nil, let web = WebAddress(address.url) else { return }
                let authorities = address.authorities.map(path)
                let get: @Sendable () -> Void = {
                    completion(
                        Result { () throws(IssuerFileRefusal) in
                            do throws(WebFetchFailure) {
                                return try WebFetch.get(web, authorities: authorities)
                            } catch {
                                throw IssuerFileRefusal(reason: error.reason)
                            }
                        }
                    )
                }
                do throws(OutOfResources) {
                    _ = try OwnedThread(name: "issuer-keys", get)
                } catch {
                    completion(.failure(IssuerFileRefusal(reason: "\(error)")))
                }
            },
            tell: { address, event in logger?.tell(event, of: address) }
        )
    }
}

extension Logger {
    fileprivate func tell(_ event: KeyFetching.Event, of address: KeyAddress) {
        var metadata: Metadata = ["address": "\(address.url)"]
        switch event {
        case .changed(let count, let defects):
            metadata["keys"] = "\(count)"
            if !defects.isEmpty { metadata["defects"] = "\(defects.joined(separator: "; "))" }
            notice("an issuer shows other keys", metadata: metadata)
        case .failed(let reason):
            metadata["reason"] = "\(reason)"
            warning("the keys of an issuer cannot be got, the old ones stay for now", metadata: metadata)
        case .over:
            error("the keys of an issuer are too old to be taken, its tokens are refused with 503", metadata: metadata)
        }
    }
}
