#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Measures the netcode in virtual time, with production code on both sides.
@main
struct NetcodeBenchmark {
    private static let usage = """
        usage: NetcodeBenchmark [bytes] [feel] [change] [recordings] [cost]

          bytes            what snapshots weigh, beside JSON and full MessagePack
          feel             how playing feels over a long and faulty way
          change           what a way that grows longer at once costs
          recordings       what recordings weigh, and how hits are judged
          cost             what encoding and decoding cost; for optimised builds
                           (without a name: all of them)

          --json           print the rows as JSON
          --details        print where the bytes go, field by field
          --check          exit with 1 where a row is beyond its limit
          --short          leave out the rows that are for comparison only
          --seconds N      virtual seconds of a match (default 60)
          --seeds N        matches of a case of feel (default 3)
          --passes N       times that costs are measured (default 9)
        """

    static func main() throws {
        var suites = Suites()
        var names: Set<String> = []
        var flags: Set<String> = []
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "bytes", "feel", "change", "recordings", "cost":
                names.insert(argument)
            case "--json", "--details", "--check":
                flags.insert(argument)
            case "--short":
                suites.isShort = true
            case "--seconds", "--seeds", "--passes":
                guard let text = arguments.popFirst(), let number = Int(text), number > 0 else {
                    return fail("\(argument) needs a number above 0")
                }
                switch argument {
                case "--seconds": suites.seconds = Double(number)
                case "--seeds": suites.seeds = number
                default: suites.passes = number
                }
            case "--help", "-h":
                return print(usage)
            default:
                return fail("there is no '\(argument)'")
            }
        }
        var report = BenchmarkReport()
        if names.isEmpty || names.contains("bytes") { try suites.bytes(into: &report) }
        if names.isEmpty || names.contains("feel") { try suites.feel(into: &report) }
        if names.isEmpty || names.contains("change") { try suites.change(into: &report) }
        if names.isEmpty || names.contains("recordings") {
            try suites.recordings(into: &report)
        }
        if names.isEmpty || names.contains("cost") { try suites.cost(into: &report) }
        print(
            flags.contains("--json")
                ? report.json : report.table(showsDetails: flags.contains("--details")))
        if flags.contains("--check"), !report.misses.isEmpty { exit(1) }
    }

    private static func fail(_ message: String) {
        print(message)
        print(usage)
        exit(2)
    }
}
