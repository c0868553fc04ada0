import CAllocationCounter
import Foundation

/// A line of the budgets' file.
struct Budget: Decodable {
    var scenario: String
    var ticks: Int
    var allocationsMax: UInt64?
    var allocationsMin: UInt64?
    var reason: String

    func holds(_ count: UInt64) -> Bool {
        count <= allocationsMax ?? .max && count >= allocationsMin ?? 0
    }
}

/// Counts the allocations of each scenario and compares them with the budgets.
///
/// `AllocationProbe BUDGETS [--trace N]`; exits with 1 where a budget does not hold. With a trace
/// the call stacks of the first N allocations of each scenario go to stderr.
@main
struct AllocationProbe {
    static func main() throws {
        guard callocation_is_available() else {
            print("allocation budgets: skipped, this platform's allocator is not counted")
            return
        }
        var arguments = CommandLine.arguments.dropFirst()
        if let position = arguments.firstIndex(of: "--trace"), position + 1 < arguments.endIndex {
            callocation_trace(UInt32(arguments[position + 1]) ?? 1)
            arguments.removeSubrange(position...(position + 1))
        }
        guard let path = arguments.first else {
            print("usage: AllocationProbe BUDGETS [--trace N]")
            exit(2)
        }
        let budgets = try JSONDecoder().decode(
            [Budget].self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
        var isOver = false
        for budget in budgets {
            guard let scenario = Scenario(rawValue: budget.scenario) else {
                throw ProbeError.unknownScenario(budget.scenario)
            }
            let count = try scenario.allocations(ticks: budget.ticks)
            let bound = budget.allocationsMax.map { "at most \($0)" } ?? "more than 0"
            let verdict = budget.holds(count) ? "ok" : "OVER BUDGET"
            print("\(verdict): \(scenario.rawValue): \(count) in \(budget.ticks) ticks (\(bound))")
            if !budget.holds(count) {
                isOver = true
                print("    \(budget.reason)")
            }
        }
        exit(isOver ? 1 : 0)
    }
}
