// Whole rows move as one copy of memory: a loop over their numbers costs ten times that. They are short
// and many, so natively the call is made in place; in a browser the module's size counts for more.

extension [Int32] {
    /// Adds all of the words.
    #if !hasFeature(Embedded)
        @inline(__always)
    #endif
    mutating func append(words: Span<Int32>) {
        unsafe words.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

extension [UInt32] {
    /// Adds words that are ids, signed numbers of the same bits.
    #if !hasFeature(Embedded)
        @inline(__always)
    #endif
    mutating func append(rows words: Span<Int32>) {
        // Signed or not, a word has the same size, alignment and bits.
        unsafe words.withUnsafeBufferPointer { buffer in
            unsafe buffer.withMemoryRebound(to: UInt32.self) { unsafe append(contentsOf: $0) }
        }
    }
}

extension MutableSpan<Int32> {
    /// Replaces the words from `position` on; where there are not as many, it writes nothing.
    #if !hasFeature(Embedded)
        @inline(__always)
    #endif
    mutating func write(numbers: Span<Int32>, at position: Int) {
        guard !numbers.isEmpty, position >= 0, position <= count - numbers.count else { return }
        unsafe numbers.withUnsafeBufferPointer { unsafe copy($0, to: position) }
    }

    /// Replaces the words from `position` on by ids; where there are not as many, it writes nothing.
    #if !hasFeature(Embedded)
        @inline(__always)
    #endif
    mutating func write(ids: Span<UInt32>, at position: Int) {
        guard !ids.isEmpty, position >= 0, position <= count - ids.count else { return }
        // Signed or not, a word has the same size, alignment and bits.
        unsafe ids.withUnsafeBufferPointer { buffer in
            unsafe buffer.withMemoryRebound(to: Int32.self) { unsafe copy($0, to: position) }
        }
    }

    private mutating func copy(_ source: UnsafeBufferPointer<Int32>, to position: Int) {
        unsafe withUnsafeMutableBufferPointer { target in
            // Both ranges were compared with what there is.
            guard let from = source.baseAddress, let start = target.baseAddress else { return }
            unsafe (start + position).update(from: from, count: source.count)
        }
    }
}
