import CLinux

/// An end of the proxy as a command line names it: a port of 127.0.0.1, or an address and a port.
struct ChaosAddress: Equatable, Sendable {
    /// A numeric IPv4 or IPv6 address.
    let host: String
    let port: UInt16

    /// Reads `9000`, `127.0.0.1:9000`, `localhost:9000` or `[::1]:9000`; nil where it is none.
    init?(_ text: String) {
        var host = "127.0.0.1"
        var digits = Substring(text)
        if let colon = text.lastIndex(of: ":") {
            host = String(text[..<colon])
            digits = text[text.index(after: colon)...]
            if host == "localhost" { host = "127.0.0.1" }
            if host.contains(":") {
                guard host.hasPrefix("["), host.hasSuffix("]") else { return nil }
                host = String(host.dropFirst().dropLast())
            }
        }
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits)
        else { return nil }
        var numeric = linux_address()
        guard linux_parse_address(host, &numeric) == 1 else { return nil }
        self.host = host
        self.port = port
    }

    /// The system's form of it.
    var numeric: linux_address {
        var numeric = linux_address()
        _ = linux_parse_address(host, &numeric)
        numeric.port = port
        return numeric
    }

    /// As lines and tables say it.
    func text(port: UInt16) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension linux_address {
    /// The address and port as people write them.
    var text: String {
        let bytes = withUnsafeBytes(of: self.bytes) { Array($0) }
        if family == 4 {
            return bytes[..<4].map { String($0) }.joined(separator: ".") + ":\(port)"
        }
        let groups = stride(from: 0, to: 16, by: 2).map {
            String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
        }
        return "[" + groups.joined(separator: ":") + "]:\(port)"
    }
}
