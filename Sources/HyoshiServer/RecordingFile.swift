import Glibc
import Hyoshi
import Recording
import TransportInterface

/// The file of one recording: appended to, never changed.
///
/// It belongs to the thread that writes.
struct RecordingFile {
    /// Why a file could not be written.
    struct Failure: Error, CustomStringConvertible {
        var call: String
        var errorNumber: Int32

        var description: String { "\(call): \(String(cString: strerror(errorNumber)))" }

        /// Whether there is no room on the disk, or no more is granted.
        var isOfSpace: Bool {
            errorNumber == ENOSPC || errorNumber == EDQUOT || errorNumber == EFBIG
        }
    }

    /// Where the file is.
    let path: String
    /// Octets that are in it.
    private(set) var byteCount = 0
    private let descriptor: Int32
    private let faults: FaultSites

    /// Makes a new file with a name of its own in a directory: `ROOM-20261123T004500Z.hyoshi`.
    init(
        directory: String, header: RecordingHeader, faults: FaultSites = .none
    ) throws(Failure) {
        self.faults = faults
        let start = "\(directory)/\(header.room)-\(Self.stamp(header.startedAtMilliseconds))"
        for number in 1...100 {
            let suffix = number == 1 ? "" : "-\(number)"
            let path = "\(start)\(suffix).\(RecordingFormat.fileExtension)"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o640)
            if descriptor >= 0 {
                self.path = path
                self.descriptor = descriptor
                // So that another server, which deletes the oldest here, knows that it is written.
                _ = flock(descriptor, LOCK_EX | LOCK_NB)
                return
            }
            guard errno == EEXIST else { throw Failure(call: "open", errorNumber: errno) }
        }
        throw Failure(call: "open", errorNumber: EEXIST)
    }

    /// Appends octets, all or none of them.
    mutating func append(_ bytes: [UInt8]) throws(Failure) {
        var written = 0
        let isFull = faults.strikes(.recordingFull)
        while written < bytes.count {
            var count = bytes.withUnsafeBytes { buffer in
                write(descriptor, buffer.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if isFull {
                count = -1
                errno = ENOSPC
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let failure = Failure(call: "write", errorNumber: count == 0 ? EIO : errno)
                // A file that ends with a whole block; if that fails too, it ends in a torn one.
                _ = ftruncate(descriptor, off_t(byteCount))
                throw failure
            }
            written += count
        }
        byteCount += bytes.count
    }

    /// Closes and deletes it: nothing could be written.
    func discard() {
        _ = Glibc.close(descriptor)
        _ = unlink(path)
    }

    /// Puts it on the disk and closes it.
    func close() throws(Failure) {
        let result = fsync(descriptor)
        let errorNumber = errno
        _ = Glibc.close(descriptor)
        guard result == 0 else { throw Failure(call: "fsync", errorNumber: errorNumber) }
    }

    /// An instant as a name has it: `20261123T004500Z`.
    static func stamp(_ milliseconds: UInt64) -> String {
        var seconds = time_t(clamping: milliseconds / 1000)
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "\(milliseconds)" }
        func digits(_ number: Int32, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(count - text.count, 0)) + text
        }
        return digits(parts.tm_year + 1900, 4) + digits(parts.tm_mon + 1, 2)
            + digits(parts.tm_mday, 2) + "T" + digits(parts.tm_hour, 2) + digits(parts.tm_min, 2)
            + digits(parts.tm_sec, 2) + "Z"
    }
}
