import CMessagePack
import MessagePack
import Testing

@Suite("Packing and writing")
struct PackerTests {
    @Test("Runs are what the single values are")
    func runs() {
        let signed = ReaderTests.edges
        let narrow = signed.compactMap { Int32(exactly: $0) }
        let unsigned = signed.map { UInt64(bitPattern: $0) }
        let narrowUnsigned = signed.compactMap { UInt32(exactly: $0) }
        #expect(packed { MessagePackPacker.packRun(signed.span, into: &$0) } == written(signed))
        #expect(
            packed { MessagePackPacker.packRun(narrow.span, into: &$0) }
                == written(narrow.map { Int64($0) }))
        #expect(
            packed { MessagePackPacker.packRun(narrowUnsigned.span, into: &$0) }
                == written(narrowUnsigned.map { Int64($0) }))
        #expect(
            packed { MessagePackPacker.packRun(unsigned.span, into: &$0) }
                == unsigned.flatMap { TestValue.unsigned($0).written })
        for value in signed {
            #expect(packed { MessagePackPacker.packInteger(value, into: &$0) } == written([value]))
        }
        #expect(packed { MessagePackPacker.packRun([Int32]().span, into: &$0) } == [])
    }

    @Test("Rows are arrays one after another")
    func rows() {
        let values: [Int32] = [1, -1, 300, -300, 70_000, -70_000]
        #expect(
            packed { MessagePackPacker.packRows(values.span, columns: 2, into: &$0) }
                == [0x92] + written([1, -1]) + [0x92] + written([300, -300])
                + [0x92] + written([70_000, -70_000]))
        #expect(packed { MessagePackPacker.packRows([Int32]().span, columns: 7, into: &$0) } == [])
    }

    @Test("Each integer takes its smallest form", arguments: ReaderTests.edges)
    func smallest(value: Int64) {
        let byteCount =
            switch value {
            case -32...127: 1
            case -128...255: 2
            case -32_768...65_535: 3
            case -2_147_483_648...4_294_967_295: 5
            default: 9
            }
        #expect(TestValue.signed(value).written.count == byteCount)
        #expect(TestValue.signed(value).packed == TestValue.signed(value).written)
        if value >= 0 {
            #expect(TestValue.unsigned(UInt64(value)).packed == TestValue.signed(value).written)
        }
    }

    @Test(
        "Headers of every size agree and are read",
        arguments: [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536, 70_000])
    func headers(count: Int) throws {
        for value in [
            TestValue.array(Array(repeating: .null, count: count)),
            .string(String(repeating: "y", count: count)),
            .binary(Array(repeating: 0xFF, count: count)),
        ] {
            let packed = value.packed
            #expect(value.written == packed)
            #expect(try TestValue.read(packed) == value)
        }
        // A map of so many pairs is not read, but its header is written alike.
        #expect(
            self.packed { MessagePackPacker.packMapHeader(count, into: &$0) }
                == self.packed { MessagePackWriter.writeMapHeader(count, into: &$0) })
    }

    @Test("The greatest counts have a header")
    func greatestCounts() {
        let most = Int(UInt32.max)
        #expect(
            packed { MessagePackPacker.packArrayHeader(most, into: &$0) }
                == [0xDD, 0xFF, 0xFF, 0xFF, 0xFF])
        #expect(
            packed { MessagePackWriter.writeArrayHeader(most, into: &$0) }
                == [0xDD, 0xFF, 0xFF, 0xFF, 0xFF])
        #expect(
            packed { MessagePackWriter.writeMapHeader(most, into: &$0) }
                == [0xDF, 0xFF, 0xFF, 0xFF, 0xFF])
    }

    @Test("What was in the output stays before what is appended")
    func appending() {
        var output: [UInt8] = [0xAB]
        MessagePackPacker.packString("hi", into: &output)
        MessagePackWriter.writeBinary([9].span, into: &output)
        MessagePackPacker.packBool(true, into: &output)
        #expect(output == [0xAB, 0xA2, 0x68, 0x69, 0xC4, 1, 9, 0xC3])
    }

    @Test("The shim writes nothing beyond the capacity and says when it does not fit")
    func capacity() {
        let values: [Int32] = [1, 200, -200, 70_000, -70_000]
        let whole = written(values.map { Int64($0) })
        for capacity in 0...whole.count {
            var out = [UInt8](repeating: 0xEE, count: whole.count + 1)
            let count = hyoshi_pack_int32_run(values, values.count, &out, capacity)
            #expect(count == (capacity == whole.count ? whole.count : -1))
            #expect(out[capacity...].allSatisfy { $0 == 0xEE })
        }
        for capacity in 0...4 {
            var out = [UInt8](repeating: 0xEE, count: 5)
            let count = hyoshi_pack_string([0x61, 0x62, 0x63], 3, &out, capacity)
            #expect(count == (capacity == 4 ? 4 : -1))
            #expect(out[capacity...].allSatisfy { $0 == 0xEE })
        }
        #expect(hyoshi_pack_nil(nil, 0) == -1)
        #expect(hyoshi_pack_int32_run(nil, 0, nil, 0) == 0)
    }

    @Test(
        "Counts that MessagePack cannot write, and rows of unequal length, are the program's fault")
    func misuse() async {
        await #expect(processExitsWith: .failure) {
            var output: [UInt8] = []
            MessagePackPacker.packArrayHeader(-1, into: &output)
        }
        await #expect(processExitsWith: .failure) {
            var output: [UInt8] = []
            MessagePackWriter.writeMapHeader(1 << 32, into: &output)
        }
        await #expect(processExitsWith: .failure) {
            var output: [UInt8] = []
            let values: [Int32] = [1, 2, 3]
            MessagePackPacker.packRows(values.span, columns: 2, into: &output)
        }
    }

    private func packed(_ append: (inout [UInt8]) -> Void) -> [UInt8] {
        var output: [UInt8] = []
        append(&output)
        return output
    }

    private func written(_ values: [Int64]) -> [UInt8] {
        values.flatMap { TestValue.signed($0).written }
    }
}
