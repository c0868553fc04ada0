import CWebRuntime
import Hyoshi
import Testing

/// The heap of a page, on a piece of memory of the test's own.
///
/// One after the other: `grow` is a C function, so where the ground ends stands in one place.
@Suite(.serialized) struct HeapTests {
    /// Memory that grows within what was taken at the start, as WebAssembly's does.
    final class Ground {
        static let bytesMax = 8 << 20
        let start = UnsafeMutableRawPointer.allocate(byteCount: bytesMax, alignment: 65_536)
        var heap = hyoshi_heap()

        init() {
            heap.next = UInt(bitPattern: start)
            heap.end = heap.next
            heap.grow = { heap, bytes in
                guard let heap else { return 0 }
                // The ground is aligned to its pages: its start is known from the end.
                let step = UInt(bytes + 65_535) & ~65_535
                guard heap.pointee.end + step <= Ground.limit else { return 0 }
                heap.pointee.end += step
                return 1
            }
            Ground.limit = heap.next + UInt(Ground.bytesMax)
        }

        deinit { start.deallocate() }

        nonisolated(unsafe) static var limit: UInt = 0
        var grownBytes: UInt { heap.end - UInt(bitPattern: start) }
    }

    struct Block {
        var memory: UnsafeMutableRawPointer
        var count: Int
        var mark: UInt8

        func fill() { memory.initializeMemory(as: UInt8.self, repeating: mark, count: count) }
        var isWhole: Bool {
            UnsafeRawBufferPointer(start: memory, count: count).allSatisfy { $0 == mark }
        }
    }

    @Test func blocksKeepWhatIsWrittenAndMemoryStopsGrowing() throws {
        let ground = Ground()
        var random = DeterministicRandom(seed: 1)
        var blocks: [Block] = []
        var grownAfterWarmUp: UInt = 0
        for round in 0..<60_000 {
            if blocks.count < 300 || (blocks.count < 400 && random.oneIn(2)) {
                // Mostly small, some of some kilobytes, as arrays that grow.
                let longest: Int32 = random.oneIn(20) ? 9_000 : 120
                let count = Int(random.number(in: 0...longest))
                let isAligned = random.oneIn(30)
                let found =
                    isAligned
                    ? hyoshi_heap_allocate_aligned(&ground.heap, 256, count)
                    : hyoshi_heap_allocate(&ground.heap, count)
                let memory = try #require(found)
                let alignment: UInt = isAligned ? 256 : 16
                #expect(UInt(bitPattern: memory) % alignment == 0)
                let block = Block(
                    memory: memory, count: count, mark: UInt8(truncatingIfNeeded: round))
                block.fill()
                blocks.append(block)
            } else {
                let index = Int(random.number(in: 0...Int32(blocks.count - 1)))
                let block = blocks.remove(at: index)
                #expect(block.isWhole, "round \(round)")
                hyoshi_heap_free(&ground.heap, block.memory)
            }
            if round == 30_000 { grownAfterWarmUp = ground.grownBytes }
        }
        #expect(blocks.allSatisfy { $0.isWhole })
        #expect(ground.grownBytes <= grownAfterWarmUp + grownAfterWarmUp / 8)
        for block in blocks { hyoshi_heap_free(&ground.heap, block.memory) }
        #expect(ground.heap.used_bytes == 0)
    }

    @Test func aLifeOfTheSameNeedsTakesNoFurtherMemory() throws {
        let ground = Ground()
        var grown: UInt = 0
        for round in 0..<20_000 {
            var memories: [UnsafeMutableRawPointer] = []
            for count in [24, 40, 4_000, 64, 17, 900] {
                memories.append(try #require(hyoshi_heap_allocate(&ground.heap, count)))
            }
            for memory in memories { hyoshi_heap_free(&ground.heap, memory) }
            if round == 0 { grown = ground.grownBytes }
        }
        #expect(ground.grownBytes == grown)
    }

    @Test func whatCannotBeHadIsRefused() {
        let ground = Ground()
        #expect(hyoshi_heap_allocate(&ground.heap, (1 << 30) + 1) == nil)
        #expect(hyoshi_heap_allocate(&ground.heap, Ground.bytesMax + 1) == nil)
        #expect(hyoshi_heap_allocate_aligned(&ground.heap, 1 << 17, 16) == nil)
        hyoshi_heap_free(&ground.heap, nil)
        #expect(ground.heap.used_bytes == 0)
        #expect(hyoshi_heap_allocate(&ground.heap, 0) != nil)
    }
}
