import Glibc
import NetworkTransport
import Testing

/// Real sockets on 127.0.0.1.
///
/// One test after another: they count the process's descriptors.
@Suite(.serialized) struct TransportTests {}

/// Descriptors that this process has open.
func openDescriptorCount() -> Int {
    guard let directory = opendir("/proc/self/fd") else { return -1 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count
}

/// Sends everything back.
@Sendable func echo(_ driver: ProbeDriver, _ loopIndex: Int) {
    driver.onReceived = { driver, connection, bytes in driver.send(connection, bytes) }
}

/// The same, for so much that it is not to be written down.
@Sendable func echoQuietly(_ driver: ProbeDriver, _ loopIndex: Int) {
    driver.keepsBytes = false
    driver.onReceived = { driver, connection, bytes in driver.send(connection, bytes) }
}
