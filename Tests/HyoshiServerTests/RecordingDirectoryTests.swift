import Foundation
import Glibc
import Testing

@testable import HyoshiServer

/// All recordings in a directory: how many octets they may be, and which go.
@Suite struct RecordingDirectoryTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func directory(
        _ policy: ServerConfiguration.RecordingsFull, most: Int = 1_000
    ) -> RecordingDirectory {
        RecordingDirectory(path: folder.path, byteCountMax: most, policy: policy)
    }

    @Test func whatIsThereCounts() throws {
        try folder.add("a.hyoshi", byteCount: 300, age: 5)
        try folder.add("b.hyoshi", byteCount: 200, age: 9)
        try folder.add("c.txt", byteCount: 5_000, age: 9)
        try folder.link("d.hyoshi", to: "c.txt")
        var directory = directory(.stop)
        #expect(directory.byteCount == 500)
        #expect(directory.makeRoom(for: 500, nowNanoseconds: 0).isThere)
        #expect(!directory.makeRoom(for: 501, nowNanoseconds: 0).isThere)
        directory.grew(folder.path + "/e.hyoshi", to: 400)
        directory.grew(folder.path + "/e.hyoshi", to: 450)
        #expect(directory.byteCount == 950)
        try folder.add("e.hyoshi", byteCount: 450, age: 0)
        directory.ended(folder.path + "/e.hyoshi")
        #expect(directory.byteCount == 950)
        // Nothing was chosen to be deleted, so nothing is.
        #expect(directory.deleteOldest() == nil)
        #expect(folder.names == ["a.hyoshi", "b.hyoshi", "c.txt", "d.hyoshi", "e.hyoshi"])
    }

    @Test func whatAnOperatorDeletesIsSeen() throws {
        try folder.add("a.hyoshi", byteCount: 900, age: 5)
        var directory = directory(.stop)
        #expect(!directory.makeRoom(for: 200, nowNanoseconds: 2_000_000_000).isThere)
        try FileManager.default.removeItem(atPath: folder.path + "/a.hyoshi")
        // Not looked at for each block.
        #expect(!directory.makeRoom(for: 200, nowNanoseconds: 2_000_000_001).isThere)
        #expect(directory.makeRoom(for: 200, nowNanoseconds: 3_000_000_000).isThere)
    }

    @Test func theOldestGoFirstAndOnlyAsManyAsAreNeeded() throws {
        try folder.add("a.hyoshi", byteCount: 300, age: 5)
        try folder.add("b.hyoshi", byteCount: 300, age: 9)
        try folder.add("c.hyoshi", byteCount: 300, age: 7)
        var directory = directory(.deleteOldest)
        let room = directory.makeRoom(for: 500, nowNanoseconds: 0)
        #expect(room.isThere && room.deleted == ["b.hyoshi", "c.hyoshi"])
        #expect(folder.names == ["a.hyoshi"])
        #expect(directory.byteCount == 300)
        // For what is too much for an empty directory nothing goes.
        let most = directory.makeRoom(for: 1_001, nowNanoseconds: 0)
        #expect(!most.isThere && most.deleted.isEmpty)
        #expect(directory.makeRoom(for: 1_000, nowNanoseconds: 0).deleted == ["a.hyoshi"])
    }

    @Test func whatIsBeingWrittenStays() throws {
        try folder.add("own.hyoshi", byteCount: 600, age: 9)
        try folder.add("foreign.hyoshi", byteCount: 300, age: 8)
        let descriptor = open(folder.path + "/foreign.hyoshi", O_RDONLY)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        var directory = directory(.deleteOldest)
        directory.grew(folder.path + "/own.hyoshi", to: 600)
        // It was there when the directory was looked at, and is looked at again.
        let room = directory.makeRoom(for: 200, nowNanoseconds: 5_000_000_000)
        #expect(!room.isThere && room.deleted.isEmpty)
        #expect(folder.names == ["foreign.hyoshi", "own.hyoshi"])
    }
}

/// A directory that goes when the test ends.
private final class Folder {
    let path = NSTemporaryDirectory() + "hyoshi-recordings-\(UUID().uuidString)"

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// A file whose last change was so many seconds before a certain instant.
    func add(_ name: String, byteCount: Int, age: Int) throws {
        let file = path + "/" + name
        try Data(count: byteCount).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(1_000_000 - age))],
            ofItemAtPath: file)
    }

    func link(_ name: String, to other: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: path + "/" + name, withDestinationPath: path + "/" + other)
    }
}
