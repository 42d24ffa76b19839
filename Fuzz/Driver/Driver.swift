// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ once: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// What the variable `FUZZ_TARGET` names.
private let target = getenv("FUZZ_TARGET").flatMap { FuzzTarget(rawValue: String(cString: $0)) }

/// The entry of the program, under the name that the package manager gives it.
@_cdecl("Fuzz_main")
public func main(_ count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    guard target != nil else { fatalError("FUZZ_TARGET is one of \(FuzzTarget.allCases.map(\.rawValue))") }
    var (count, words) = (count, words)
    return runFuzzer(&count, &words) { start, count in
        do throws(Finding) {
            // The fuzzer owns the bytes until this returns.
            try target?.run(Array(UnsafeBufferPointer(start: start, count: count)))
        } catch {
            // The fuzzer keeps the input of what crashes.
            fatalError("\(error)")
        }
        return 0
    }
}
