import Glibc
import Recording

/// All recordings in a directory, those of former runs included: how many octets they are, and which
/// may go where they would be too many.
///
/// It belongs to the thread that writes. Memory: some 100 octets for each file.
struct RecordingDirectory {
    /// A recording that nobody writes any more, as far as is known.
    private struct Ended {
        var name: String
        var byteCount: Int
        var modifiedNanoseconds: Int64
    }

    /// What could be found out about room for more.
    struct Room {
        /// Whether there is any.
        var isThere: Bool
        /// The files that were deleted for it.
        var deleted: [String] = []
    }

    /// Where it is.
    let path: String
    private let byteCountMax: Int
    private let policy: ServerConfiguration.RecordingsFull
    /// Those that have ended, the oldest first.
    private var ended: [Ended] = []
    private var endedByteCount = 0
    /// Those that this process writes, by name.
    private var open: [String: Int] = [:]
    private var openByteCount = 0
    private var scannedAtNanoseconds: UInt64 = 0

    /// Others may delete files too: what is full is looked at again after so long.
    private static let scanNanoseconds: UInt64 = 1_000_000_000

    init(path: String, byteCountMax: Int, policy: ServerConfiguration.RecordingsFull) {
        self.path = path
        self.byteCountMax = byteCountMax
        self.policy = policy
        scan()
    }

    /// Octets of all recordings.
    var byteCount: Int { endedByteCount + openByteCount }

    /// A recording of this process has begun, or has grown to so many octets.
    mutating func grew(_ path: String, to byteCount: Int) {
        let name = Self.name(path)
        openByteCount += byteCount - (open[name] ?? 0)
        open[name] = byteCount
    }

    /// A recording of this process has ended; its name is put on the disk.
    mutating func ended(_ path: String) {
        let name = Self.name(path)
        let byteCount = open.removeValue(forKey: name) ?? 0
        openByteCount -= byteCount
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        add(Ended(name: name, byteCount: byteCount, modifiedNanoseconds: Self.modified(status)))
        let descriptor = Glibc.open(self.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        _ = close(descriptor)
    }

    /// Whether so many octets more are within the bound; deletes the oldest recordings for them where
    /// that was chosen.
    mutating func makeRoom(for count: Int, nowNanoseconds now: UInt64) -> Room {
        var room = Room(isThere: byteCount + count <= byteCountMax)
        if !room.isThere, now >= scannedAtNanoseconds + Self.scanNanoseconds {
            scannedAtNanoseconds = now
            scan()
            room.isThere = byteCount + count <= byteCountMax
        }
        // Never in vain.
        guard openByteCount + count <= byteCountMax else { return room }
        while !room.isThere, let name = deleteOldest() {
            room.deleted.append(name)
            room.isThere = byteCount + count <= byteCountMax
        }
        return room
    }

    /// Deletes the oldest recording that nobody writes, where that was chosen; its name, or nil.
    mutating func deleteOldest() -> String? {
        guard policy == .deleteOldest else { return nil }
        for position in ended.indices where delete(ended[position].name) {
            let file = ended.remove(at: position)
            endedByteCount -= file.byteCount
            return file.name
        }
        return nil
    }

    /// Deletes a file, unless another process writes it.
    private func delete(_ name: String) -> Bool {
        let file = "\(path)/\(name)"
        let descriptor = Glibc.open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0 && unlink(file) == 0
    }

    /// Looks at what is there: regular files with the name of a recording.
    private mutating func scan() {
        ended = []
        endedByteCount = 0
        guard let directory = opendir(path) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasSuffix("." + RecordingFormat.fileExtension), open[name] == nil else {
                continue
            }
            var status = stat()
            guard lstat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                continue
            }
            ended.append(
                Ended(
                    name: name, byteCount: Int(status.st_size),
                    modifiedNanoseconds: Self.modified(status)))
            endedByteCount += Int(status.st_size)
        }
        ended.sort { left, right in
            (left.modifiedNanoseconds, left.name) < (right.modifiedNanoseconds, right.name)
        }
    }

    private mutating func add(_ file: Ended) {
        ended.append(file)
        endedByteCount += file.byteCount
    }

    private static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    private static func modified(_ status: stat) -> Int64 {
        Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }
}
