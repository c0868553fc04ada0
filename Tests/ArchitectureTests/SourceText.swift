/// What is wrong somewhere in a file.
struct Finding: CustomStringConvertible, Equatable {
    var line: Int
    var what: String

    var description: String { "line \(line): \(what)" }
}

/// Scans of Swift source text: enough of the language to tell code from comments and strings.
enum SourceText {
    /// Blanks comments and the contents of string literals with spaces; line breaks stay.
    static func blanked(_ text: String) -> String {
        var output: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        var commentDepth = 0
        var quote: [UInt8] = []
        func starts(_ word: String) -> Bool {
            bytes[index...].starts(with: Array(word.utf8))
        }
        func blank(_ count: Int) {
            for place in index..<min(index + count, bytes.count) {
                output.append(bytes[place] == 10 ? 10 : 32)
            }
            index += count
        }
        while index < bytes.count {
            if commentDepth > 0 {
                if starts("/*") { commentDepth += 1 }
                if starts("*/") { commentDepth -= 1 }
                blank(starts("/*") || starts("*/") ? 2 : 1)
            } else if !quote.isEmpty {
                if starts("\\") {
                    blank(2)
                } else if bytes[index...].starts(with: quote) {
                    blank(quote.count)
                    quote = []
                } else {
                    blank(1)
                }
            } else if starts("//") {
                while index < bytes.count, bytes[index] != 10 { blank(1) }
            } else if starts("/*") {
                commentDepth = 1
                blank(2)
            } else if starts("\"") {
                quote = Array((starts("\"\"\"") ? "\"\"\"" : "\"").utf8)
                blank(quote.count)
            } else {
                output.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// Where one of the words stands as a whole word, outside comments and strings.
    static func words(_ wanted: Set<String>, inBlanked code: String) -> [Finding] {
        var findings: [Finding] = []
        for (number, line) in lines(code).enumerated() {
            let found = line.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") })
            for word in found where wanted.contains(String(word)) {
                findings.append(Finding(line: number + 1, what: String(word)))
            }
        }
        return findings
    }

    /// The modules that a file imports.
    static func imports(inBlanked code: String) -> [Finding] {
        var findings: [Finding] = []
        for (number, line) in lines(code).enumerated() {
            let parts = line.split(separator: " ")
            guard let position = parts.firstIndex(of: "import"), position + 1 < parts.count else {
                continue
            }
            let module = parts[parts.count - 1].split(separator: ".")[0]
            findings.append(Finding(line: number + 1, what: String(module)))
        }
        return findings
    }

    /// Postfix `!`: force unwraps, `try!`, `as!`, and implicitly unwrapped types.
    static func forces(inBlanked code: String) -> [Finding] {
        var findings: [Finding] = []
        for (number, line) in lines(code).enumerated() {
            let bytes = Array(line.utf8)
            for index in bytes.indices.dropFirst() where bytes[index] == 0x21 {
                let before = bytes[index - 1]
                let after = index + 1 < bytes.count ? bytes[index + 1] : 32
                let isOperand =
                    before == 0x29 || before == 0x5D || before == 0x5F
                    || (before | 0x20 >= 0x61 && before | 0x20 <= 0x7A)
                    || (before >= 0x30 && before <= 0x39)
                if isOperand && after != 0x3D {
                    findings.append(Finding(line: number + 1, what: String(line)))
                }
            }
        }
        return findings
    }

    /// Stored state outside any instance: a global or static `var` with a value.
    static func globalState(inBlanked code: String) -> [Finding] {
        var findings: [Finding] = []
        for (number, line) in lines(code).enumerated() {
            let isTopLevel = !line.hasPrefix(" ")
            let words = line.split(separator: " ")
            guard let position = words.firstIndex(of: "var") else { continue }
            guard isTopLevel || words[..<position].contains("static") else { continue }
            if !line.contains("{") || line.contains(" = ") {
                findings.append(Finding(line: number + 1, what: String(line)))
            }
        }
        return findings
    }

    /// Functions and initialisers with more lines than allowed, signature and braces counted.
    static func longFunctions(inBlanked code: String, linesMax: Int) -> [Finding] {
        var findings: [Finding] = []
        let all = lines(code)
        for (number, line) in all.enumerated() {
            let words = line.split(separator: " ")
            let isFunction =
                words.contains("func")
                || words.contains { $0.hasPrefix("init(") || $0.hasPrefix("init?(") }
            guard isFunction, !line.contains(".init(") else { continue }
            var depth = 0
            var hasOpened = false
            var end = number
            search: for later in number..<all.count {
                for character in all[later] {
                    if character == "{" {
                        depth += 1
                        hasOpened = true
                    }
                    if character == "}" { depth -= 1 }
                    // A requirement of a protocol: the brace that closes is the protocol's own.
                    if depth < 0 { break search }
                }
                end = later
                if hasOpened && depth == 0 { break }
            }
            if hasOpened && end - number + 1 > linesMax {
                findings.append(
                    Finding(line: number + 1, what: "\(end - number + 1) lines"))
            }
        }
        return findings
    }
}
