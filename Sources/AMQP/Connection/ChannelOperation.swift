//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Work on the channel whose result type is known to its closures only.
struct ChannelOperation: Sendable {
    /// Runs the work and tells its result.
    let run: @Sendable (Channel) -> Void
    /// Tells that the work will not run.
    let fail: @Sendable (AMQPError) -> Void

    init<Result: Sendable>(
        _ body: @escaping @Sendable (Channel) throws(AMQPError) -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, AMQPError>) -> Void
    ) {
        run = { channel in
            let result: Swift.Result<Result, AMQPError>
            do throws(AMQPError) {
                result = .success(try body(channel))
            } catch {
                result = .failure(error)
            }
            completion(result)
        }
        fail = { completion(.failure($0)) }
    }
}
