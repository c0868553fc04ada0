import Foundation
import Glibc
import SimulatorKit
import TransportInterface

/// Why the server's own numbers could not be had.
struct AdminError: Error, CustomStringConvertible {
    let description: String
}

/// Asks a server's admin port for its beat: one GET on one connection, a second at most each way.
struct AdminClient {
    let server: ServerURL

    private static let bytesMax = 16 * 1024 * 1024

    /// The beat of the rooms with these names: for each percentile the worst of them.
    func beat(rooms: Set<String>) throws(AdminError) -> ServerBeat {
        let body = try get("/beat")
        let document: BeatDocument
        do {
            document = try JSONDecoder().decode(BeatDocument.self, from: Data(body))
        } catch {
            throw AdminError(description: "\(place) answered /beat with something else: \(error)")
        }
        guard let beat = document.beat(rooms: rooms) else {
            throw AdminError(description: "\(place) knows none of these rooms")
        }
        return beat
    }

    private var place: String { "http://\(server.host):\(server.address.port)" }

    private func get(_ path: String) throws(AdminError) -> ArraySlice<UInt8> {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw AdminError(description: "no socket") }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        let limitSize = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, limitSize)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, limitSize)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = server.address.port.bigEndian
        address.sin_addr.s_addr = server.address.ipv4.bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, size) == 0
            }
        }
        guard isConnected else { throw AdminError(description: "not reachable at \(place)") }
        let request =
            "GET \(path) HTTP/1.1\r\nHost: \(server.host):\(server.address.port)\r\n"
            + "Connection: close\r\n\r\n"
        let requestBytes = Array(request.utf8)
        guard send(descriptor, requestBytes, requestBytes.count, Int32(MSG_NOSIGNAL)) > 0
        else {
            throw AdminError(description: "\(place) took no request")
        }
        return try AdminClient.body(of: try read(descriptor), place: place)
    }

    private func read(_ descriptor: Int32) throws(AdminError) -> [UInt8] {
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count == 0 { return answer }
            guard count > 0 else { throw AdminError(description: "\(place) did not answer") }
            answer.append(contentsOf: piece[..<count])
            guard answer.count <= AdminClient.bytesMax else {
                throw AdminError(description: "\(place) answered with too much")
            }
        }
    }

    /// What stands behind the head of an answer with status 200.
    private static func body(
        of answer: [UInt8], place: String
    ) throws(AdminError) -> ArraySlice<UInt8> {
        let statusLine = String(decoding: answer.prefix(15), as: UTF8.self)
        guard statusLine.hasPrefix("HTTP/1.1 200") else {
            throw AdminError(description: "\(place) answered '\(statusLine.prefix(12))'")
        }
        let end: [UInt8] = [13, 10, 13, 10]
        for start in answer.indices.dropLast(3) where answer[start..<start + 4].elementsEqual(end) {
            return answer[(start + 4)...]
        }
        throw AdminError(description: "\(place) answered with half a head")
    }
}

/// What the admin port says about the beat; times in nanoseconds.
struct BeatDocument: Decodable {
    struct Distribution: Decodable {
        let p50: Double
        let p99: Double
        let p999: Double
        let max: Double
    }

    struct Inputs: Decodable {
        let applied: Int
        let late: Int
        let early: Int
        let dropped: Int
    }

    struct Room: Decodable {
        let room: String
        let droppedTicks: Int
        let lateness: Distribution
        let inputs: Inputs
    }

    let rooms: [Room]

    /// The worst of the named rooms for each percentile, and the sums of what is counted.
    func beat(rooms names: Set<String>) -> ServerBeat? {
        let rooms = rooms.filter { names.contains($0.room) }
        guard !rooms.isEmpty else { return nil }
        func worst(_ percentile: (Distribution) -> Double) -> Double {
            rooms.map { percentile($0.lateness) }.max() ?? 0
        }
        return ServerBeat(
            latenessP50: worst(\.p50), latenessP99: worst(\.p99), latenessP999: worst(\.p999),
            latenessMax: worst(\.max),
            droppedTicks: rooms.reduce(0) { $0 + $1.droppedTicks },
            inputsApplied: rooms.reduce(0) { $0 + $1.inputs.applied + $1.inputs.late },
            inputsDropped: rooms.reduce(0) { $0 + $1.inputs.early + $1.inputs.dropped })
    }
}
