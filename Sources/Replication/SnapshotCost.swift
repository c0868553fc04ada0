/// How many bytes a snapshot's numbers take in MessagePack.
package enum SnapshotCost {
    /// Bytes of a number, 1 to 5, as msgpack-c packs it: in the smallest form.
    @inline(__always)
    package static func bytes(of number: Int32) -> Int {
        // −32 ... 127 is one byte.
        if UInt32(bitPattern: number &+ 32) < 160 { return 1 }
        if number >= 0 { return number < 256 ? 2 : number < 65_536 ? 3 : 5 }
        return number >= -128 ? 2 : number >= -32_768 ? 3 : 5
    }

    /// Bytes of an array's header.
    @inline(__always)
    package static func bytes(ofArray count: Int) -> Int {
        count < 16 ? 1 : count < 65_536 ? 3 : 5
    }

    /// The most bytes that a full snapshot of a schema's kinds can take, each at its capacity.
    package static func fullSnapshotBytesMax(_ schema: Schema) -> Int {
        var count = messageBytesMax
        for kind in schema.kinds {
            var row = 5
            for field in kind.fields {
                row += max(bytes(of: field.minimum), bytes(of: field.maximum))
            }
            count += 5 + kind.capacity * row
        }
        return count
    }

    /// What a message has beside its groups, as a rule: type, input progress, tick, baseline.
    static let messageBytes = 12
    /// The most that it can have: with a whole tick and a hash.
    static let messageBytesMax = 32

    /// Bytes of a new row but for its id's gap: the mask and the numbers.
    @inline(__always)
    static func spawnBytes(_ values: Span<Int32>, from start: Int, count: Int) -> Int {
        var sum = 1
        for field in 0..<count { sum += bytes(of: values[start + field]) }
        return sum
    }

    /// Bytes of a row's change but for its id's gap; 0 where it is as expected.
    static func changeBytes(
        _ values: Span<Int32>, from now: Int, baseline: Span<Int32>, before: Int,
        layout: KindLayout, ranges: Span<FieldRange>, distance: Int
    ) -> Int {
        var mask: UInt32 = 0
        var sum = 0
        for field in 0..<layout.fieldCount {
            let range = ranges[layout.firstField + field]
            var expected = baseline[before + field]
            if range.changePosition >= 0 {
                let change = Int(range.changePosition)
                expected = range.extrapolated(
                    expected, changeBefore: baseline[before + change],
                    changeNow: values[now + change], count: distance)
            }
            let number = values[now + field]
            if number != expected {
                mask |= 1 &<< UInt32(truncatingIfNeeded: field)
                sum += bytes(of: range.difference(number, from: expected))
            }
        }
        return mask == 0 ? 0 : sum + bytes(of: Int32(bitPattern: mask))
    }

    /// Appends the row that a receiver expects `distance` ticks after a baseline's row.
    static func appendExpected(
        _ baseline: Span<Int32>, before: Int, layout: KindLayout, ranges: Span<FieldRange>,
        order: Span<UInt8>, distance: Int, to output: inout [Int32]
    ) {
        let first = output.count
        output.append(addingCapacity: layout.fieldCount) { row in
            for field in 0..<layout.fieldCount { row.append(baseline[before + field]) }
        }
        guard layout.moverCount > 0 else { return }
        var now = output.mutableSpan
        for index in (layout.fieldCount - layout.moverCount)..<layout.fieldCount {
            let field = Int(order[layout.firstField + index])
            let range = ranges[layout.firstField + field]
            let change = Int(range.changePosition)
            now[first + field] = range.extrapolated(
                now[first + field], changeBefore: baseline[before + change],
                changeNow: now[first + change], count: distance)
        }
    }
}

extension SnapshotEncoder {
    /// Bytes of the encoded snapshot in a message, exact but for the message's own few numbers.
    package var byteCount: Int {
        let numbers = numbers.span
        var sum = SnapshotCost.messageBytes
        for group in groups {
            sum += 1 + SnapshotCost.bytes(ofArray: group.changed.count)
            if baselineDistance != 0 {
                sum += SnapshotCost.bytes(ofArray: group.removed.count)
                for index in group.removed { sum += SnapshotCost.bytes(of: numbers[index]) }
            }
            for index in group.changed { sum += SnapshotCost.bytes(of: numbers[index]) }
        }
        return sum
    }
}
