#if !hasFeature(Embedded)
    import CMessagePack

    /// Packs what a server sends, whole runs of values at a time, with msgpack-c.
    ///
    /// Every function appends to `output`, in the smallest encoding that holds each value. Before it
    /// calls C it makes room for the longest possible result; an array grows geometrically, so one
    /// whose memory is kept between ticks is not allocated again. A call costs some nanoseconds before
    /// its first value: hand over runs or rows, not single values, where there are many.
    ///
    /// Left out of Embedded Swift, which has no msgpack-c; clients write with ``MessagePackWriter``.
    package enum MessagePackPacker {
        /// Appends the header of an array of `count` values, which the caller appends next.
        /// - Parameter count: 0 to 4,294,967,295.
        package static func packArrayHeader(_ count: Int, into output: inout [UInt8]) {
            let count = representable(count)
            unsafe append(bytesMax: headerBytesMax, to: &output) { start, capacity in
                unsafe hyoshi_pack_array_header(count, start, capacity)
            }
        }

        /// Appends the header of a map of `pairs` keys and values, which the caller appends next.
        /// - Parameter pairs: 0 to 4,294,967,295.
        package static func packMapHeader(_ pairs: Int, into output: inout [UInt8]) {
            let pairs = representable(pairs)
            unsafe append(bytesMax: headerBytesMax, to: &output) { start, capacity in
                unsafe hyoshi_pack_map_header(pairs, start, capacity)
            }
        }

        /// Appends one integer, 1 to 9 bytes.
        package static func packInteger(_ value: Int64, into output: inout [UInt8]) {
            unsafe append(bytesMax: integer64BytesMax, to: &output) { start, capacity in
                var value = value
                return unsafe hyoshi_pack_int64_run(&value, 1, start, capacity)
            }
        }

        /// Appends one integer that is not negative, 1 to 9 bytes.
        package static func packUnsigned(_ value: UInt64, into output: inout [UInt8]) {
            unsafe append(bytesMax: integer64BytesMax, to: &output) { start, capacity in
                var value = value
                return unsafe hyoshi_pack_uint64_run(&value, 1, start, capacity)
            }
        }

        /// Appends each of `values`, 1 to 5 bytes each, without a header.
        package static func packRun(_ values: Span<Int32>, into output: inout [UInt8]) {
            let bytesMax = values.count * integer32BytesMax
            unsafe values.withUnsafeBufferPointer { values in
                unsafe append(bytesMax: bytesMax, to: &output) { start, capacity in
                    unsafe hyoshi_pack_int32_run(values.baseAddress, values.count, start, capacity)
                }
            }
        }

        /// Appends each of `values`, 1 to 5 bytes each, without a header.
        package static func packRun(_ values: Span<UInt32>, into output: inout [UInt8]) {
            let bytesMax = values.count * integer32BytesMax
            unsafe values.withUnsafeBufferPointer { values in
                unsafe append(bytesMax: bytesMax, to: &output) { start, capacity in
                    unsafe hyoshi_pack_uint32_run(values.baseAddress, values.count, start, capacity)
                }
            }
        }

        /// Appends each of `values`, 1 to 9 bytes each, without a header.
        package static func packRun(_ values: Span<Int64>, into output: inout [UInt8]) {
            let bytesMax = values.count * integer64BytesMax
            unsafe values.withUnsafeBufferPointer { values in
                unsafe append(bytesMax: bytesMax, to: &output) { start, capacity in
                    unsafe hyoshi_pack_int64_run(values.baseAddress, values.count, start, capacity)
                }
            }
        }

        /// Appends each of `values`, 1 to 9 bytes each, without a header.
        package static func packRun(_ values: Span<UInt64>, into output: inout [UInt8]) {
            let bytesMax = values.count * integer64BytesMax
            unsafe values.withUnsafeBufferPointer { values in
                unsafe append(bytesMax: bytesMax, to: &output) { start, capacity in
                    unsafe hyoshi_pack_uint64_run(values.baseAddress, values.count, start, capacity)
                }
            }
        }

        /// Appends a table: for each row an array of `columns` integers, without a header around all.
        /// - Parameters:
        ///   - values: The rows one after another; their count is a multiple of `columns`.
        ///   - columns: At least 1.
        package static func packRows(
            _ values: Span<Int32>, columns: Int, into output: inout [UInt8]
        ) {
            precondition(
                columns > 0 && values.count % columns == 0, "the rows are not of one length")
            let columns = representable(columns)
            let rows = values.count / columns
            let bytesMax = values.count * integer32BytesMax + rows * headerBytesMax
            unsafe values.withUnsafeBufferPointer { values in
                unsafe append(bytesMax: bytesMax, to: &output) { start, capacity in
                    unsafe hyoshi_pack_int32_rows(
                        values.baseAddress, rows, columns, start, capacity)
                }
            }
        }

        /// Appends a string.
        package static func packString(_ value: String, into output: inout [UInt8]) {
            packString(value.utf8.span, into: &output)
        }

        /// Appends a string whose UTF-8 the caller has.
        package static func packString(_ utf8: Span<UInt8>, into output: inout [UInt8]) {
            let bytesMax = representable(utf8.count) + headerBytesMax
            unsafe utf8.withUnsafeBufferPointer { utf8 in
                unsafe append(bytesMax: bytesMax, to: &output) { start, capacity in
                    unsafe hyoshi_pack_string(utf8.baseAddress, utf8.count, start, capacity)
                }
            }
        }

        /// Appends bytes as binary.
        package static func packBinary(_ bytes: Span<UInt8>, into output: inout [UInt8]) {
            let bytesMax = representable(bytes.count) + headerBytesMax
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe append(bytesMax: bytesMax, to: &output) { start, capacity in
                    unsafe hyoshi_pack_binary(bytes.baseAddress, bytes.count, start, capacity)
                }
            }
        }

        /// Appends nil.
        package static func packNil(into output: inout [UInt8]) {
            unsafe append(bytesMax: 1, to: &output) { start, capacity in
                unsafe hyoshi_pack_nil(start, capacity)
            }
        }

        /// Appends true or false.
        package static func packBool(_ value: Bool, into output: inout [UInt8]) {
            unsafe append(bytesMax: 1, to: &output) { start, capacity in
                unsafe hyoshi_pack_bool(value, start, capacity)
            }
        }

        /// Appends a double, 9 bytes.
        package static func packDouble(_ value: Double, into output: inout [UInt8]) {
            unsafe append(bytesMax: integer64BytesMax, to: &output) { start, capacity in
                unsafe hyoshi_pack_double(value, start, capacity)
            }
        }

        private static let integer32BytesMax = Int(HYOSHI_PACKED_INT32_BYTES_MAX)
        private static let integer64BytesMax = Int(HYOSHI_PACKED_INT64_BYTES_MAX)
        private static let headerBytesMax = Int(HYOSHI_PACKED_HEADER_BYTES_MAX)

        /// `count`, which MessagePack writes in at most 32 bits.
        private static func representable(_ count: Int) -> Int {
            precondition(UInt32(exactly: count) != nil, "a count of MessagePack has 32 bits")
            return count
        }

        /// Makes room for `bytesMax` bytes behind those of `output` and lets `pack` write there.
        @inline(__always)
        private static func append(
            bytesMax: Int,
            to output: inout [UInt8],
            _ pack: (UnsafeMutablePointer<UInt8>?, Int) -> Int
        ) {
            output.append(addingCapacity: bytesMax) { span in
                // The pointer is used only during the call, and C writes at most `capacity` bytes.
                unsafe span.withUnsafeMutableBufferPointer { buffer, initializedCount in
                    let written = unsafe pack(buffer.baseAddress, buffer.count)
                    precondition(written >= 0, "bytesMax is not the longest encoding")
                    initializedCount = written
                }
            }
        }
    }
#endif
