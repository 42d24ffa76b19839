// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc
internal import Logging

/// Where the functions that libmicrohttpd calls find their loop.
///
/// The functions are at file scope: a closure literal could inherit an actor's isolation and trap on a loop thread.
final class LibraryContext {
    let logger: Logger
    /// Set from the loop's `init` to its end; a cycle until then, which the loop breaks.
    var loop: ServerLoop?

    init(logger: Logger) { self.logger = logger }

    /// Starts a daemon that calls back with this context, which must outlive it.
    ///
    /// - Parameter speaksTLS: whether its connections, or some of them, are encrypted.
    func startDaemon(
        _ configuration: HTTPServerConfiguration,
        _ places: ConnectionPlaces,
        speaksTLS: Bool
    ) -> OpaquePointer? {
        guard SocketReads.areOurs, ToldEvents.areOurs else {
            logger.critical("libmicrohttpd does not read through this program: link it as a shared library")
            return nil
        }
        guard !speaksTLS || SocketWrites.areOurs else {
            logger.critical("libmicrohttpd does not write through this program: link it as a shared library")
            return nil
        }
        MHD_set_panic_func(libraryPanicked, nil)
        var settings = cmicrohttpd_settings()
        settings.context = Unmanaged.passUnretained(self).toOpaque()
        // Our own limits apply first; the library's is never reached.
        settings.connection_limit = UInt32(clamping: places.ordinary + places.urgentPerLoop + 1_024)
        settings.connection_memory = configuration.maximumResponseHeadBytes
        settings.access = requestAdvanced
        settings.completed = requestCompleted
        settings.connection = connectionChanged
        settings.log = libraryLogged
        return cmicrohttpd_start(&settings)
    }
}

private func connection(_ context: UnsafeMutableRawPointer) -> HTTPConnection {
    Unmanaged<HTTPConnection>.fromOpaque(context).takeUnretainedValue()
}

/// A request has its answer, or a stream has more of it.
private func requestAdvanced(
    _ context: UnsafeMutableRawPointer?,
    _ library: OpaquePointer?,
    _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?,
    _ version: UnsafePointer<CChar>?,
    _ data: UnsafePointer<CChar>?,
    _ size: UnsafeMutablePointer<Int>?,
    _ requestContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let library, let requestContext else { return .NO }
    if let context = requestContext.pointee { return connection(context).advance(isFirst: false) }
    guard let context = cmicrohttpd_socket_context(library) else { return .NO }
    requestContext.pointee = context
    return connection(context).advance(isFirst: true)
}

/// The answer has been sent, or the request has ended without one.
private func requestCompleted(
    _ context: UnsafeMutableRawPointer?,
    _ library: OpaquePointer?,
    _ requestContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ reason: MHD_RequestTerminationCode
) {
    guard let context = requestContext?.pointee else { return }
    connection(context).completeRequest(isSent: reason == .REQUEST_TERMINATED_COMPLETED_OK)
}

private func connectionChanged(
    _ context: UnsafeMutableRawPointer?,
    _ library: OpaquePointer?,
    _ socketContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ change: MHD_ConnectionNotificationCode
) {
    guard let context, let library, let socketContext else { return }
    let loop = Unmanaged<LibraryContext>.fromOpaque(context).takeUnretainedValue().loop
    if change == .CONNECTION_NOTIFY_STARTED {
        socketContext.pointee = loop?.connectionOpened(library)
    } else if let own = socketContext.pointee {
        let connection = Unmanaged<HTTPConnection>.fromOpaque(own).takeRetainedValue()
        socketContext.pointee = nil
        loop?.connectionClosed(connection)
    }
}

/// Notes the kind of the library's message: its constant format only, since the arguments may be bytes of a request.
private func libraryLogged(
    _ context: UnsafeMutableRawPointer?,
    _ format: UnsafePointer<CChar>?,
    _ arguments: CVaListPointer?
) {
    guard let context, let format else { return }
    let logger = Unmanaged<LibraryContext>.fromOpaque(context).takeUnretainedValue().logger
    guard logger.logLevel <= .debug else { return }
    let text = String(cString: format).filter { !$0.isNewline }
    logger.debug("libmicrohttpd message", metadata: ["format": "\(text)"])
}

/// The library has found its own state broken and is about to abort: the last words.
private func libraryPanicked(
    _ context: UnsafeMutableRawPointer?,
    _ file: UnsafePointer<CChar>?,
    _ line: UInt32,
    _ reason: UnsafePointer<CChar>?
) {
    let text = "libmicrohttpd gave up at line \(line): \(reason.map { String(cString: $0) } ?? "no reason")\n"
    _ = text.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
    abort()
}
