import Testing

/// The scans are shown what they must catch, and what they must leave alone.
@Suite struct CanaryTests {
    private func words(_ text: String) -> [String] {
        let code = SourceText.blanked(text)
        return SourceText.words(ArchitectureTests.outsideWords, inBlanked: code).map(\.what)
    }

    @Test func importsAreSeen() {
        let code = SourceText.blanked(
            """
            package import Hyoshi
            @testable import struct Foundation.Date
                import Dispatch
            // import Glibc
            """)
        #expect(
            SourceText.imports(inBlanked: code) == [
                Finding(line: 1, what: "Hyoshi"), Finding(line: 2, what: "Foundation"),
                Finding(line: 3, what: "Dispatch"),
            ])
    }

    @Test(arguments: [
        ("func run() async throws {}", "async"),
        ("Task { work() }", "Task"),
        ("let now = Date()", "Date"),
        ("print(\"x\")", "print"),
        ("var generator = SystemRandomNumberGenerator()", "SystemRandomNumberGenerator"),
        ("let clock = ContinuousClock()", "ContinuousClock"),
    ])
    func outsideWordsAreSeen(text: String, word: String) {
        #expect(words(text) == [word])
    }

    @Test(arguments: [
        "// print(Date())", "/* async /* Task */ print */ let a = 1", "let s = \"print \\\" Task\"",
        "/// A Task for later.", "let dateCount = 1; imprint(taskName)",
        "let s = \"\"\"\n  print \" Task\n  \"\"\"",
    ])
    func commentsStringsAndOtherWordsAreNot(text: String) {
        #expect(words(text) == [])
    }

    @Test(arguments: [
        "let a = b!", "let a = f()!.c", "let a = list[0]!", "try! f()", "x as! Int", "var a: Int!",
    ])
    func forcesAreSeen(text: String) {
        #expect(SourceText.forces(inBlanked: SourceText.blanked(text)).count == 1)
    }

    @Test(arguments: [
        "if a != b {}", "if !a {}", "guard !(a || !b) else {}", "f(!a, !b)", "// b!",
        "let s = \"b!\"", "[!a]", "return !isOpen",
    ])
    func negationsAreNotForces(text: String) {
        #expect(SourceText.forces(inBlanked: SourceText.blanked(text)) == [])
    }

    @Test func globalStateIsSeen() {
        let found = [
            "var count = 0", "    static var shared = Thing()",
            "package nonisolated(unsafe) var a = 1",
            "    package static var table: [Int] = []", "    static var late: Int",
        ]
        for text in found {
            #expect(SourceText.globalState(inBlanked: text).count == 1, "\(text)")
        }
        let clean = ["    var count = 0", "    static var name: Int { 1 }", "let a = 1"]
        for text in clean { #expect(SourceText.globalState(inBlanked: text) == [], "\(text)") }
    }

    @Test func longFunctionsAreSeen() {
        let body = String(repeating: "    work()\n", count: 5)
        let code = "struct A {\nfunc long() {\n\(body)}\nfunc short() { work() }\n}\n"
        #expect(
            SourceText.longFunctions(inBlanked: code, linesMax: 6)
                == [Finding(line: 2, what: "7 lines")])
        #expect(SourceText.longFunctions(inBlanked: code, linesMax: 7) == [])
        let requirement = "protocol P {\n    func a()\n}\nstruct S {\n\(body)\(body)}\n"
        #expect(SourceText.longFunctions(inBlanked: requirement, linesMax: 6) == [])
    }
}
