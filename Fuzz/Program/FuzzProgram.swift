import FuzzTargets
import Glibc

/// The target that this run of the fuzzer feeds; named by the environment variable FUZZ_TARGET.
private nonisolated(unsafe) var target = FuzzTarget.requestHead

/// libFuzzer calls this once, before the first input.
@_cdecl("LLVMFuzzerInitialize")
public func initializeFuzzer(
    _ argumentCount: UnsafeMutableRawPointer, _ arguments: UnsafeMutableRawPointer
) -> CInt {
    guard let name = getenv("FUZZ_TARGET"), let chosen = FuzzTarget(rawValue: String(cString: name))
    else {
        print("FUZZ_TARGET must be one of:")
        for target in FuzzTarget.allCases { print("  \(target.rawValue)") }
        exit(2)
    }
    target = chosen
    return 0
}

/// libFuzzer calls this with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do throws(InvariantBroken) {
        try target.run(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        let line = Array("\(target.rawValue): \(error)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        abort()
    }
    return 0
}
