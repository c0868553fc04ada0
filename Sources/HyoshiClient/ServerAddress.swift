import ClientSession
import WebSocketProtocol

/// A room's URL, `ws://host[:port][/rooms/name][?query]`, taken apart.
struct ServerAddress: Sendable, Equatable {
    /// The name or address to connect to, without the brackets of an IPv6 address.
    let host: String
    let port: UInt16
    /// The value of the Host field.
    let hostField: String
    /// Path and query; the room `lobby` where the URL names none.
    let target: String

    /// Takes a URL apart.
    ///
    /// - Parameters:
    ///   - field: The Host field, where it is not the URL's own.
    ///   - game: The game that the room is opened with, where the URL has no query.
    init(_ url: String, host field: String? = nil, game: String) throws(HyoshiClientError) {
        let rest = try Self.afterScheme(url)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !rest.contains("#"), !authority.contains("@") else {
            throw Self.invalid(url, "a fragment or a user has no place in it")
        }
        let (host, port) = try Self.split(authority, url)
        self.host = host
        self.port = port
        let name = host.contains(":") ? "[\(host)]" : host
        hostField = field ?? (port == 80 ? name : "\(name):\(port)")
        var target = String(rest.dropFirst(authority.count))
        if target.isEmpty || target == "/" { target = "/rooms/lobby" }
        if target.hasPrefix("?") { target = "/rooms/lobby" + target }
        if !target.contains("?") { target += "?game=\(game)" }
        self.target = target
    }

    private static func afterScheme(_ url: String) throws(HyoshiClientError) -> Substring {
        guard let colon = url.firstIndex(of: ":") else {
            throw invalid(url, "it does not begin with ws://")
        }
        let scheme = url[..<colon].lowercased()
        if scheme == "wss" || scheme == "https" {
            throw HyoshiClientError(
                .tlsNotSupported,
                "\(scheme):// needs TLS, which this client leaves to another program: let one on "
                    + "this machine (stunnel, HAProxy, ghostunnel) speak TLS to the server, and "
                    + "connect to it with ws://127.0.0.1:PORT; docs/client.md shows how")
        }
        let rest = url[colon...]
        guard scheme == "ws", rest.hasPrefix("://") else {
            throw invalid(url, "it does not begin with ws://")
        }
        return rest.dropFirst(3)
    }

    private static func split(
        _ authority: Substring, _ url: String
    ) throws(HyoshiClientError) -> (host: String, port: UInt16) {
        var host = authority
        var portText: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else {
                throw invalid(url, "a bracket is not closed")
            }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let behind = authority[authority.index(after: end)...]
            if behind.hasPrefix(":") { portText = behind.dropFirst() }
            guard behind.isEmpty || portText != nil else { throw invalid(url, "no port") }
        } else if let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            portText = authority[authority.index(after: colon)...]
            guard !host.contains(":") else {
                throw invalid(url, "an IPv6 address stands in brackets")
            }
        }
        guard !host.isEmpty else { throw invalid(url, "it names no host") }
        guard let portText else { return (String(host), 80) }
        guard portText.first?.isNumber == true, let port = UInt16(portText), port > 0 else {
            throw invalid(url, "the port is not a number from 1 to 65535")
        }
        return (String(host), port)
    }

    static func invalid(_ url: String, _ why: String) -> HyoshiClientError {
        HyoshiClientError(
            .invalidURL,
            "\"\(url)\" is not the URL of a room (\(why)); write it like "
                + "ws://192.0.2.7:8080/rooms/lobby")
    }
}
