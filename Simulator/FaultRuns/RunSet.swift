/// What a set of runs came to.
package struct RunSet: Sendable {
    /// The reports, in the order of the seeds.
    package var reports: [RunReport]
    /// The options of all of them.
    package var options: RunOptions

    package init(_ reports: [RunReport], options: RunOptions) {
        self.reports = reports
        self.options = options
    }

    /// What was found.
    package var findings: [Finding] { reports.compactMap(\.finding) }

    /// Virtual seconds.
    package var seconds: Double { reports.reduce(0) { $0 + $1.seconds } }

    /// Ticks of all rooms.
    package var ticks: UInt64 { reports.reduce(0) { $0 + $1.ticks } }

    /// A hash over all runs, in the order of their seeds.
    package var digest: UInt64 {
        reports.reduce(0xCBF2_9CE4_8422_2325) { hash, report in
            ((hash ^ report.digest) &* 0x0000_0100_0000_01B3 ^ report.lastDraw)
                &* 0x0000_0100_0000_01B3
        }
    }

    /// What happened how often.
    package var sites: SiteCounts {
        var sum = SiteCounts()
        for report in reports { sum.add(report.sites) }
        return sum
    }

    /// Whether the set is so large that everything must have happened in it.
    package var isFull: Bool {
        reports.count >= 200 && options.seconds >= 60 && options.with.isEmpty
            && options.without.isEmpty && options.plant == nil
    }

    /// What must have happened and has not.
    package var missingSites: [String] {
        let sites = sites
        return Site.expected.filter { sites.count($0) == 0 }
    }
}
